"""From clips' tables, ratings and questionnaire totals to the study's analyses.

Tables and participants make `people`, whom `comparisons` and `correlations` are about; ratings of
the same people make `rating_analysis`; their numbers make `power`. All of it is one report.
"""
