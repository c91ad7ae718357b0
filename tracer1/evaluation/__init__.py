"""Evaluation: ``live`` plays episodes, ``offline`` scores plans on held-out rows, ``statistics`` says how sure the
numbers are.
"""
