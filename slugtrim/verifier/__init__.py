"""Running the user's own command without what is suggested, and finding what it fails without."""
