"""Pictures of the running programs, for the documents: ``python -m pictures.take`` from the checkout."""
