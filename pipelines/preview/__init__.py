"""Pictures of a run for people: a page for the browser and a contact sheet."""
