import click
command=click.Command("hook")
