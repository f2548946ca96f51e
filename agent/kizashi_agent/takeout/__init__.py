"""Take it with you: all that is held about a person, as one FHIR R5 Bundle."""
