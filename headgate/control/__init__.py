"""What operators do, and the rules for it: the same whether it comes from the command line, the admin API or the console."""
