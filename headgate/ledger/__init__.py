"""What makes a request's record last: the journal on local disk, and the recorder that loads it into the store."""
