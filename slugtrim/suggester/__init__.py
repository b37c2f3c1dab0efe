"""What to leave out of the slug, what it saves, and the evidence that nothing reads it."""
