"""A questionnaire that people may answer for themselves: the PHQ-9, in English."""
