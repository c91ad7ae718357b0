"""What GTA's protocols score, in words."""

from __future__ import annotations

from tracer1.evaluation.harness.base import ProtocolCard

T3_AGENT = ProtocolCard(
    name="t3_agent",
    source="mat-agent/MAT-Agent, examples/gta/eval.py (AnsAcc); arXiv 2412.15606, section 5.1 (ToolAcc, CodeExec)",
    text="of every whitelist group one alias occurs anywhere in the answer, letter case aside; the blacklist is not looked at",
    other=(
        "The columns of Table 3 of TraceR1. AnsAcc is verified: it is T3-Agent's public script, and the published values are "
        "multiples of 1/156, the number of objective queries. ToolAcc and CodeExec have no public code, and the paper's wording "
        "could not be checked; they are defined here as below, so compare them with published values only with care."
    ),
    excluded="subjective queries and queries for pictures, in all but AnsAccAll, where they count as wrong",
    quirks=(
        "GTA's fourteen tools stand for those of T3-Agent that do the same work (visualizer for OCR, python for Calculator, ...).",
        "No answer is wrong; in the original it would be the text 'None', but its agent always answers.",
    ),
    measures={
        "AnsAcc": "right answers / objective queries (156 of all 229)",
        "AnsAccAll": "right answers / all queries",
        "ToolAcc": "tool selection and answer summary: calls of the reference whose tool (or one that does its work) was called, and "
        "right answers / calls of the reference and answers; step by step: turns with the right tool, or the right answer / turns",
        "CodeExec": "calls that worked / calls made; a response that cannot be read is a call that did not work; step by step: "
        "calls of a tool that is there, with arguments that fit it",
    },
)

OFFICIAL = ProtocolCard(
    name="gta",
    source="open-compass/GTA, opencompass/datasets/gta_bench.py; arXiv 2407.08713, section 4.2",
    text=(
        "objective: of every whitelist group one alias occurs as whole words, letter case aside, and none of the blacklist; "
        "subjective: the greatest cosine, at least 0, of all-mpnet-base-v2 embeddings with one of the references"
    ),
    other="arguments of a call are right when the whole object is equal, paths and numbers included",
    excluded=(
        "AnsAcc leaves out queries for pictures. Without an embedding server subjective queries and pictures are not scored: "
        "AnsAcc then stands as AnsAccObjective, SummAcc as SummAccObjective, Ans+I is left out, and NotScored says for how many."
    ),
    quirks=(
        "InstAcc's denominator leaves out the last turns of queries for pictures, its numerator does not: it may exceed 1.",
        "ToolAcc and ArgAcc do not ask whether the call is an error.",
        "F1's precision divides calls of the reference that were found by calls made: one call of a tool that is needed twice has "
        "a precision of 2; 1e-5 is added below the line.",
        "An image tool of the reference is judged by its last call that worked.",
        "A blacklist of nothing but empty groups rejects every answer that holds a word.",
        "Split end_to_end shows the tools of the run; end_to_end_own_tools those that each query comes with, as GTA's agent sees.",
    ),
    measures={
        "AnsAcc": "answers / queries with a text answer (172 of all 229), end to end",
        "Ans+I": "the same with queries for pictures, each worth the product of its picture tools' argument similarity / all queries",
        "P": "F1 of perception tools",
        "O": "F1 of operation tools",
        "L": "F1 of logic tools",
        "C": "F1 of creativity tools",
        "InstAcc": "turns of the right kind without an error / calls + queries with a text answer, step by step",
        "ToolAcc": "calls of the right tool / calls of the reference, step by step",
        "ArgAcc": "calls of the right tool with equal arguments / calls of the reference, step by step",
        "SummAcc": "answers at the last turn / queries with a text answer, step by step",
        "CallErrors": "calls that did not work / calls made",
        "NotScored": "answers that need an embedding server to be scored",
        "P_made": "a count, not a share, as is every mark with an underscore or in small letters: F1 is made from them",
    },
)
