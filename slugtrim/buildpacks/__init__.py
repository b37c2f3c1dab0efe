"""What buildpacks will add to a slug, known from the files of the application before a push."""
