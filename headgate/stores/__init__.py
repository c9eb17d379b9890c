"""Where what must last is kept: one file each, with `Options` and `build(options) -> core.stores.Stores`."""
