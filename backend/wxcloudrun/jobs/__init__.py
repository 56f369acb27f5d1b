"""Work that is done in the background: the rows that are its truth, the worker, the periodic tasks."""
