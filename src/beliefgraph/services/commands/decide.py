"""What each command adds to a twin. Pure: a twin and a command in, additions out, or a refusal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from beliefgraph.errors import Forbidden, Incorrect, NotFound
from beliefgraph.model import timeline
from beliefgraph.model.attribute import OTHER, Attribute
from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.command import AssertBelief, Correct, Relate, Retract, Withdraw
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.evidence import CORRECTION_LOG_ODDS, Bearing
from beliefgraph.model.identity import belief_id, relation_id
from beliefgraph.model.relation import BeliefRelation, Strength
from beliefgraph.model.time import Interval, seconds
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.beliefs.contexts import Contexts
from beliefgraph.services.beliefs.statement_rows import addition, statement_rows
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import PersonalRelation
from beliefgraph.services.definitions.layout import lay_out
from beliefgraph.services.derivation.contributions import possible_relations, with_contributed
from beliefgraph.services.interpretation.protocol import BearsOn, SourceStatement
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext

SUREST = 1e-4
"""An asserted probability of 0 or 1 is moved this far inwards, because nothing is certain."""


def assertion(context: CommandContext, command: AssertBelief) -> Additions:
    """Evidence of logit(stated) - logit(prior) from the speaker, the caller's actor unless one is named.

    The prior of an open value is the one it would have without other named values, so that the order does not matter.
    """
    attribute = _attribute_for(context, command.belief)
    prior = attribute.prior_of(command.belief.value)
    stated = min(max(command.confidence, SUREST), 1 - SUREST)
    bears = BearsOn(
        belief=command.belief,
        log_likelihood_ratio=logit(stated) - logit(1.0 - attribute.value_priors[OTHER] if prior is None else prior),
        half_life=None if attribute.half_life is None else seconds(attribute.half_life),
    )
    source = context.caller_source if command.speaker is None else context.source_named(command.speaker)
    summary = f"says they are {command.confidence:.0%} sure: {attribute.say(command.belief)}"
    statement = SourceStatement(source=source, summary=summary, verbatim=command.verbatim, bearings=(bears,))
    return addition(context, "asserted", statement_rows(context, statement, "assertion"))


def correction(context: CommandContext, command: Correct) -> Additions:
    """A correction of ±12 log-odds over [valid_from, valid_to), which replaces all other direct evidence there.

    A correction by the person takes precedence: anybody else's over the same time is refused (`correction-stands`).
    """
    attribute = _attribute_for(context, command.belief)
    valid = Interval(start=command.valid_from or context.moment, end=command.valid_to)
    belief = _belief_id(context, command.belief)
    if not context.caller_is_person:
        _refuse_over_the_person(context, belief, valid)
        if command.holds and command.belief.value is not None:
            _refuse_beside_the_person(context, command.belief, valid)
    value = CORRECTION_LOG_ODDS if command.holds else -CORRECTION_LOG_ODDS
    summary = f"sets it right: {'' if command.holds else 'not so: '}{attribute.say(command.belief)}"
    statement = SourceStatement(
        source=context.caller_source,
        summary=summary,
        verbatim=command.verbatim,
        bearings=(BearsOn(belief=command.belief, log_likelihood_ratio=value),),
    )
    return addition(context, "corrected", statement_rows(context, statement, "correction", valid))


def retraction(context: CommandContext, command: Retract) -> Additions:
    """The end of a belief, or of a personal relation, at the command's moment.

    Only the person can end their own correction of a belief or relation of goals (`correction-stands`).
    """
    if command.relation is not None:
        return _end_relation(context, command.relation)
    assert command.belief is not None
    belief = _belief_id(context, command.belief)
    if belief not in context.state.beliefs:
        raise NotFound("not-found", f"This twin holds no belief {command.belief.attribute}.", belief=belief)
    if not context.caller_is_person:
        _refuse_over_the_person(context, belief, Interval(start=context.moment))
    statement = SourceStatement(
        source=context.caller_source,
        summary=f"retracts: {context.state.beliefs[belief].statement}",
        bearings=(BearsOn(belief=command.belief, log_likelihood_ratio=0.0),),
    )
    return addition(context, "retracted", statement_rows(context, statement, "retraction"))


def withdrawal(context: CommandContext, command: Withdraw, named_evidence: Collection[str] | None = None) -> Additions:
    """Withdraws all that events said, by the ids of their evidence, or the one piece of evidence that is named.

    Only the person can withdraw what they stated. What they withdraw is withdrawn permanently: the same events sent
    again are duplicates.
    """
    named = [] if command.evidence is None else [command.evidence]
    taken_back = withdrawn(context, named if named_evidence is None else named_evidence)
    if taken_back.delta.closed:
        return replace(taken_back, delta=replace(taken_back.delta, taken_back=context.caller_is_person))
    if command.evidence is not None and any(layer.derives(context.state, command.evidence) for layer in LAYERS):
        raise Incorrect("invalid-input", "This evidence is derived, as that of a metric is; withdraw its events.")
    raise NotFound("not-found", "No evidence in force has this name or id.", evidence=command.evidence)


def withdrawn(context: CommandContext, evidence: Collection[str]) -> Additions:
    """Withdraws all that these pieces of evidence say, from the start of its validity."""
    rows = list(context.state.stated_in(evidence))
    if not context.caller_is_person and any(row.stated_by == context.state.own_source for row in rows):
        raise Forbidden(
            "correction-stands",
            "The person provided this evidence; only they can withdraw it.",
            twin=context.state.name,
        )
    permitted = [row for row in context.state.permissions if row.evidence in evidence]
    return Additions(
        cause="withdrawn",
        moment=_standing(context),
        delta=Delta(closed=Records([*rows, *permitted]), events=[context.arrived], withdrawn=evidence),
    )


def relation(context: CommandContext, command: Relate) -> Additions:
    """A personal relation over [valid_from, valid_to), if it is compatible with the others when it begins.

    Under later definitions it may not be: then the beliefs it joins have no answer until it ends.
    """
    for end in (command.source, command.target):
        _attribute_for(context, end)
    source, target = _belief_id(context, command.source), _belief_id(context, command.target)
    if source == target:
        raise Incorrect("invalid-input", "A belief cannot be related to itself.", belief=source)
    if command.source.variable == command.target.variable:
        raise Incorrect("invalid-input", "The values of an attribute exclude each other already.", belief=source)
    if command.kind == "causes" and command.target.value is not None:
        raise Incorrect("invalid-input", "A value cannot be an effect; use supports.", belief=target)
    strength = Strength(kind=command.kind, odds_ratio=command.odds_ratio, probability=command.probability)
    key = relation_id(source, command.kind, target)
    start = command.valid_from or context.moment
    valid = Interval(start=start, end=command.valid_to)
    row = BeliefRelation(
        revision_id=revision_id("BeliefRelation", f"own\x1f{key}", context.rev, start),
        twin=context.state.id,
        key=key,
        valid_from=valid.start,
        valid_to=valid.end,
        rev_from=context.rev,
        definition=context.graph.definitions.refs[command.source.attribute],
        origin="provided",
        source=source,
        target=target,
        strength=strength,
    )
    own = [r for r in context.state.relations if r.origin == "provided"]
    closed, opened = timeline.put([r for r in own if r.key == key], row)
    _refuse_clash(context, [r for r in own if r.key != key], command, strength, start)
    return Additions(
        cause="related",
        moment=context.moment,
        delta=Delta(opened=Records(opened), closed=Records(closed), events=[context.arrived]),
        beliefs=(command.source, command.target),
    )


def _refuse_clash(
    context: CommandContext, others: Sequence[BeliefRelation], command: Relate, strength: Strength, at: datetime
) -> None:
    beliefs = context.state.beliefs
    beside = [
        PersonalRelation(beliefs[r.source].belief_key, beliefs[r.target].belief_key, r.strength)
        for r in others
        if r.valid.contains(at)
    ]
    own = [*beside, PersonalRelation(command.source, command.target, strength)]
    together = with_contributed(own, possible_relations(context.graph))
    clash = lay_out(context.state.id, context.graph, (), together).clash
    if clash is not None:
        raise Incorrect(clash.code, clash.message, twin=context.state.name)


def _end_relation(context: CommandContext, key: str) -> Additions:
    known = [r for r in context.state.relations if r.key == key and r.origin == "provided"]
    closed, cut = timeline.end(known, context.moment, context.rev)
    opened = [row.model_copy(update={"ended": True}) for row in cut]
    delta = Delta(opened=Records(opened), closed=Records(closed), events=[context.arrived])
    delta = sum((layer.ended(context, key) for layer in LAYERS), start=delta)
    if not delta.closed:
        raise NotFound(
            "not-found", "This twin has no relation of its own with this id in force at that time.", relation=key
        )
    return Additions(cause="retracted", moment=context.moment, delta=delta)


def _attribute_for(context: CommandContext, key: BeliefKey) -> Attribute:
    """The attribute of a stated belief, where the twin has room for its context."""
    attribute = context.graph.definitions.attribute_for(key)
    Contexts(context.state, context.graph).take((key,))
    return attribute


def _belief_id(context: CommandContext, key: BeliefKey) -> str:
    context.graph.definitions.attribute_of(key)
    return belief_id(context.state.id, key)


def _standing(context: CommandContext) -> datetime:
    """The twin's head time; a command about the past does not move it."""
    return context.state.head_time or context.moment


def _refuse_over_the_person(context: CommandContext, belief: str, valid: Interval) -> None:
    if any(row.belief == belief for row in _persons_corrections(context, valid)):
        raise _stands(context, belief)


def _refuse_beside_the_person(context: CommandContext, belief: BeliefKey, valid: Interval) -> None:
    """Refuse a statement that a value holds where the person corrected another value to hold."""
    for row in _persons_corrections(context, valid):
        corrected = context.state.beliefs[row.belief].belief_key
        if row.log_likelihood_ratio > 0 and corrected.variable == belief.variable:
            raise _stands(context, row.belief)


def _persons_corrections(context: CommandContext, valid: Interval) -> Iterator[Bearing]:
    bearings = context.state.bearings
    for row in bearings.records(bearings.acts):
        if row.stance == "correction" and row.source == context.state.own_source and row.valid.overlaps(valid):
            yield row


def _stands(context: CommandContext, belief: str) -> Forbidden:
    return Forbidden(
        "correction-stands",
        "The person has corrected this themselves; only their own key can change it.",
        belief=belief,
        twin=context.state.name,
    )
