"""Who to call: one small file for each kind, stating address, credential, formats and quirks as data."""
