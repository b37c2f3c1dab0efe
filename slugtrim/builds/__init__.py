"""What builds really weighed: their logs, the journal that remembers them, and what is learned from it."""
