"""A film's measures and verdicts as Enhanced SR, template TID 1500 of PS3.16: a group for the film, then one for each rule."""

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    DeviceObserverIdentifyingAttributes,
    EnhancedSR,
    LanguageOfContentItemAndDescendants,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurement,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from medimg import __version__
from medimg.io.objects import codes
from medimg.io.objects.film_result import FilmResult, RuleResult
from medimg.io.objects.identity import DEVICE_UID, MAKER, date_all, of_series, uid

PROCEDURE = ("SCT", "399208008", "Plain chest X-ray")
ALGORITHM = "medimg chest_qc"
LANGUAGES = {"en": ("RFC5646", "en", "English"), "zh": ("RFC5646", "zh", "Chinese")}
WORDS = {"en": ("fail", "warn"), "zh": ("不合格", "警告")}
COMMENT = ("121106", "Comment")


def report_of(header: Dataset, result: FilmResult) -> EnhancedSR:
    """Make the report. Rules whose value is missing have a verdict and texts, and no number."""
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer()),
        procedure_reported=codes.concept(*PROCEDURE),
        imaging_measurements=[_of_film(header, result), *(_of_rule(header, result, rule) for rule in result.rules)],
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(codes.concept(*LANGUAGES[result.language])),
        referenced_images=[header],
    )
    made = EnhancedSR([header], content, manufacturer=MAKER, is_complete=True, **of_series(header, result, "sr"))
    date_all(made, result.when)
    return made


def observer() -> ObserverContext:
    """Medimg as the device that looked."""
    return ObserverContext(
        codes.dcm("121007", "Device"),
        DeviceObserverIdentifyingAttributes(uid=DEVICE_UID, name=MAKER, manufacturer_name=MAKER, model_name="chest_qc"),
    )


def _of_film(header: Dataset, result: FilmResult) -> MeasurementsAndQualitativeEvaluations:
    """The film's verdict and those of its groups, what speaks against it, and what it was judged by."""
    judged = [("film", result.verdict), *result.groups.items()]
    evaluations = [QualitativeEvaluation(_name(what), codes.verdict(verdict)) for what, verdict in judged]
    evaluations += [
        QualitativeEvaluation(codes.private("reject_reason"), codes.dcm(code, meaning)) for meaning, code in result.reject.items()
    ]
    by = [f"limits {result.rules_version}", f"config {result.config}", f"model {result.model}"]
    evaluations += [QualitativeEvaluation(codes.private("grade"), codes.private(result.grade))] if result.grade else []
    group = _group(header, result, "film", AlgorithmIdentification(ALGORITHM, __version__, parameters=by), evaluations)
    return _with_texts(group, result.reasons)


def _name(what: str) -> CodedConcept:
    return codes.concept(*codes.VERDICT) if what == "film" else codes.private(f"{what}_verdict")


def _of_rule(header: Dataset, result: FilmResult, rule: RuleResult) -> MeasurementsAndQualitativeEvaluations:
    image = SourceImageForMeasurement(header.SOPClassUID, header.SOPInstanceUID)
    measured = (
        [Measurement(codes.metric(rule.metric), float(rule.value), codes.unit(rule.unit), referenced_images=[image])]
        if rule.value is not None
        else None
    )
    evaluation = [QualitativeEvaluation(codes.concept(*codes.VERDICT), codes.verdict(rule.verdict))]
    group = _group(header, result, rule.rule, AlgorithmIdentification(ALGORITHM, __version__), evaluation, measured)
    return _with_texts(group, (rule.title, limits_text(rule, result.language), *rule.texts))


def _group(
    header: Dataset,
    result: FilmResult,
    name: str,
    algorithm: AlgorithmIdentification,
    evaluations: list[QualitativeEvaluation],
    measured: list[Measurement] | None = None,
) -> MeasurementsAndQualitativeEvaluations:
    tracking = TrackingIdentifier(uid=uid(header, result, "tracking", name), identifier=name)
    return MeasurementsAndQualitativeEvaluations(
        tracking, algorithm_id=algorithm, measurements=measured, qualitative_evaluations=evaluations
    )


def _with_texts(group: MeasurementsAndQualitativeEvaluations, texts: tuple[str, ...]) -> MeasurementsAndQualitativeEvaluations:
    """TID 1501 may be extended: texts stand at the end of a group."""
    group[0].ContentSequence.extend(TextContentItem(codes.dcm(*COMMENT), said, "CONTAINS") for said in texts if said)
    return group


def limits_text(rule: RuleResult, language: str = "en") -> str:
    """Limits in words, with a unit where UCUM has one; "" where there are none. A warning limit that lies on the fail limit is left out.

    >>> limits_text(RuleResult("C6_tilt", "Tilt", "tilt", "pass", 0.7, "deg", (-5.0, -3.0, 3.0, 5.0)))
    'fail < -5, warn < -3, warn > 3, fail > 5 deg'
    >>> limits_text(RuleResult("O1_organ_set", "Organs shown", "organs_missing", "pass", 0.0, "count", (None, None, 0.0, 0.0)))
    'fail > 0'
    """
    fail, warn = WORDS[language]
    fail_lo, warn_lo, warn_hi, fail_hi = rule.limits
    low, high = (warn_lo if warn_lo != fail_lo else None), (warn_hi if warn_hi != fail_hi else None)
    parts = [(f"{fail} <", fail_lo), (f"{warn} <", low), (f"{warn} >", high), (f"{fail} >", fail_hi)]
    said = ", ".join(f"{sign} {limit:g}" for sign, limit in parts if limit is not None)
    unit = codes.unit(rule.unit).value
    return said if not said or unit == codes.NO_UNIT[0] or unit.startswith("{") else f"{said} {unit}"
