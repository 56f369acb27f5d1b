"""How the process serves: gunicorn's worker of ours, what it measures, and the memory it holds."""
