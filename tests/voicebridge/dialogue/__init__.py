"""Who speaks when, and what is said: scripts and laws."""
