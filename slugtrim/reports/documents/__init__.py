"""The JSON of each command as structs of its own: what a field is called here is a promise to whoever reads it.

A document is made from a record, and written by ``json_text``. The order of fields is the order of keys. The schemas in
``slugtrim/schemas`` say the same with descriptions; ``tests/test_reports_schemas.py`` holds both together.
"""
