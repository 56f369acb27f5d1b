"""The blob stores, one promise for all of them."""
