"""`headgate demo`: a gateway with simulated providers, teams, keys and a week of usage to look at."""
