"""Who is measured: this service in several settings, and the peers that the machine has."""
