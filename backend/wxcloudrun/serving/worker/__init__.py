"""How this service speaks HTTP: gunicorn's processes and parser, and a worker of our own between them.

A connection is attended by one coroutine (`serving.py`). It costs a thread only while there is work: the head
and a small body are gathered first (`gathering.py`), and what a client does not take at once leaves by a loop
that waits for thousands (`transfers.py`). Why, and what was weighed, is in docs/decisions/0050.
"""
