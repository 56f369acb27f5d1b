"""The use cases of background work: put a job down, do it, do what is periodic, look at it all."""
