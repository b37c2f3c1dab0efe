"""The predicted slug of each commit of a range, what changed it, and which commits today's weight is from."""
