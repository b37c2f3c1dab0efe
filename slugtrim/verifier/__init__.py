"""Run the user's own command without the suggested files, and find which of them it needs."""
