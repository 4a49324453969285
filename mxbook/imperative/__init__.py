"""L4: where operators, storage, engine and graph meet.

Reading order: `invoke` (calling an operator), `plan` (what is decided once), `arrays` (the handle),
`tape` (recording), `front` (functions made from operators), `fast` (the same, for the hottest
calls).
"""
