"""The built-in metrics: function, units, views, organs, formula and gates of each.

F: exposed field, H and W its height and width; A: area; lung on a lateral film: the outline of both.
"""

from collections.abc import Mapping

from medimg.qc import completeness, contrast, exposure, lateral, position, shoulders, study, thorax
from medimg.qc.annotation import annotation_over_lung
from medimg.qc.completeness import EXPECTED, SHOULDERS, WHOLE
from medimg.qc.film import FRONTAL, STUDY, VIEWS
from medimg.qc.metric import Metric
from medimg.qc.sharpness import sharpness

LAT = ("LAT",)
FRAC, RATIO, COUNT, MM = ("frac",), ("ratio",), ("count",), ("mm",)
LUNGS = ("lung_r", "lung_l", "lung")
CLAVICLES = ("clavicle_r", "clavicle_l")
MIDDLE = (*LUNGS, "mediastinum", "heart")
ROTATION = (*CLAVICLES, "spine")
OF_LUNGS = ("lung_top_diff", "lung_overlap", "lung_gap")
OF_SPINE = ("spine_residual", "spine_rows", "spine_offset")
OF_CLAVICLES = ("clavicle_y_diff", "clavicle_to_lung", "clavicle_balance")
OF_ROTATION = (*OF_CLAVICLES, *OF_SPINE)


def _each(gate: str, *organs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{gate}_{organ}" for organ in dict.fromkeys(name for some in organs for name in some))


METRICS: Mapping[str, Metric] = {
    "apex_margin": Metric(position.apex_margin, FRAC, VIEWS, LUNGS, "smallest of the sides: (top of lung - top of F) / H", OF_LUNGS),
    "lateral_margin": Metric(
        position.lateral_margin, FRAC, FRONTAL, LUNGS, "min(left of lung_r - left of F, right of F - right of lung_l) / W", OF_LUNGS
    ),
    "base_margin": Metric(
        position.base_margin, FRAC, VIEWS, LUNGS, "smallest of the sides: (bottom of F - row of costophrenic angle) / H",
        (*OF_LUNGS, "angles_cut"),
    ),
    "centring_x": Metric(
        position.centring_x, FRAC, FRONTAL, ("spine",), "|column of spine midline at mid-field - column of the middle of F| / W", OF_SPINE
    ),
    "centring_y": Metric(
        position.centring_y, FRAC, VIEWS, LUNGS, "|row of the middle of the lungs - row of the middle of F| / H", OF_LUNGS
    ),
    "collimation_excess": Metric(
        position.collimation_excess, FRAC, VIEWS, LUNGS, "A(F) / A(box of the lungs widened by 2 cm) - 1", OF_LUNGS
    ),
    "tilt": Metric(
        position.tilt, ("deg",), VIEWS, ("spine", "sternum"),
        "angle of the spine's line (LAT: bisector of sternum and spine) to the vertical, clockwise positive",
        (*OF_SPINE, "sternum_residual"),
    ),
    "wall_margin": Metric(
        position.wall_margin, FRAC, LAT, ("sternum", "spine"), "min(left of sternum - left of F, right of F - right of spine) / W",
        ("wall_span",),
    ),
    "organs_missing": Metric(
        completeness.organs_missing, COUNT, VIEWS, (), "expected organs without a mask of the least area",
        ("unexplained", *_each("missing", *EXPECTED.values())),
    ),
    "organ_cut": Metric(
        completeness.organ_cut, FRAC, VIEWS, (*LUNGS, "heart"),
        "largest of lungs and heart: contour within 2 px of the edge of F / contour",
        _each("cut", *WHOLE.values()),
    ),
    "shoulder_cut": Metric(
        completeness.shoulder_cut, FRAC, FRONTAL, SHOULDERS,
        "largest of clavicles and scapulae: contour within 2 px of the edge of F / contour", _each("cut", SHOULDERS),
    ),
    "lung_area": Metric(completeness.lung_area, FRAC, VIEWS, LUNGS, "A(lungs) / A(F)"),
    "lung_balance": Metric(completeness.lung_balance, RATIO, FRONTAL, LUNGS, "smaller width of a lung / larger width"),
    "lung_fragments": Metric(completeness.lung_fragments, FRAC, VIEWS, LUNGS, "1 - A(largest part) / A(all parts), the worse lung"),
    "mask_trust": Metric(
        completeness.mask_trust, ("0-1",), VIEWS, (),
        "mean of the network's largest probability on the band along the contours, least sure organ", _each("trust", *EXPECTED.values()),
    ),
    "angles_found": Metric(
        completeness.angles_found, COUNT, VIEWS, LUNGS, "costophrenic angles found inside F", ("unexplained", "angles_cut")
    ),
    "deviation_index": Metric(
        exposure.deviation_index, ("DI",), VIEWS, (), "10 log10(ExposureIndex / TargetExposureIndex), else DeviationIndex",
        ("tag_difference",),
    ),
    "clipped_lung": Metric(
        exposure.clipped_lung, FRAC, VIEWS, (), "lung pixels at the least or largest stored value or outside the VOI window / lung pixels",
        ("clipped_at_ends", "outside_window"),
    ),
    "lung_grey": Metric(
        contrast.lung_grey, ("-",), VIEWS, LUNGS, "median of the lungs (LAT: clear of the heart) on the canonical scale of 0 to 1"
    ),
    "organ_contrast": Metric(
        contrast.organ_contrast, ("-",), VIEWS, MIDDLE,
        "least of mediastinum, heart and spine (LAT: heart alone): (median of organ - median of clear lungs) / (p99 - p1 of F)",
        _each("contrast", ("mediastinum", "heart", "spine")),
    ),
    "retrocardiac_visibility": Metric(
        contrast.retrocardiac_visibility, RATIO, FRONTAL, ("spine", "heart"), "gradient energy where spine and heart overlap / noise",
        ("core",),
    ),
    "sharpness": Metric(
        sharpness, ("mm", "px"), VIEWS, ("lung_r", "lung_l", "lung_both"),
        "10 to 90 % rise of the edges of domes and heart (LAT: the higher dome), median", ("edge_profiles", "edge_spread"),
    ),
    "noise": Metric(
        contrast.noise, RATIO, VIEWS, MIDDLE,
        "1.4826 MAD of the high-pass in the lungs / (median of mediastinum, LAT: heart - median of lungs)",
        ("difference",),
    ),
    "polarity": Metric(
        contrast.polarity, ("bool",), VIEWS, (*LUNGS, "mediastinum"),
        "1 where median of lungs < median of mediastinum (LAT: above the domes < below them), else 0", ("difference",),
    ),
    "annotation_over_lung": Metric(annotation_over_lung, ("px",), VIEWS, LUNGS, "A(text or overlay and lung)"),
    "tube_voltage": Metric(exposure.setting("KVP"), ("kV",), VIEWS, (), "KVP"),
    "source_distance": Metric(exposure.setting("DistanceSourceToDetector"), MM, VIEWS, (), "DistanceSourceToDetector"),
    "exposure_time": Metric(exposure.setting("ExposureTime"), ("ms",), VIEWS, (), "ExposureTime"),
    "rotation": Metric(
        shoulders.rotation, RATIO, FRONTAL, ROTATION, "min(dR, dL) / max(dR, dL), d = medial clavicle end to spine midline at its row",
        OF_ROTATION,
    ),
    "rotation_mm": Metric(shoulders.rotation_mm, MM, FRONTAL, ROTATION, "|dR - dL|, d = medial clavicle end to spine midline", OF_ROTATION),
    "scapula_overlap": Metric(
        shoulders.scapula_overlap, FRAC, FRONTAL, ("scapula_r", "scapula_l", *LUNGS),
        "larger of the sides: A(scapula and lung) / A(scapula)",
        ("scapula_width", "scapula_height"),
    ),
    "inspiration": Metric(
        thorax.inspiration, ("ribs", "ratio"), FRONTAL, ("diaphragm_r",),
        "posterior right ribs above the dome (ribs); without rib masks height of the right lung to the dome / width of both (ratio)",
        ("rib_gap",),
    ),
    "clavicle_level": Metric(
        shoulders.clavicle_level, FRAC, FRONTAL, CLAVICLES, "|row of right - row of left medial clavicle end| / H", OF_CLAVICLES
    ),
    "apex_above_clavicle": Metric(
        shoulders.apex_above_clavicle, FRAC, FRONTAL, (*CLAVICLES, *LUNGS),
        "least of the sides: (row of medial clavicle end - top of lung) / H", OF_CLAVICLES,
    ),
    "view_match": Metric(
        thorax.view_match, ("bool",), VIEWS, ("heart", "spine"),
        "1 where ViewPosition and the networks name the film's view and the heart lies to the patient's left, else 0",
        ("view_differs", "networks_disagree", "heart_offset", *OF_SPINE),
    ),
    "trachea_shift": Metric(
        thorax.trachea_shift, RATIO, FRONTAL, ("trachea", "spine", *LUNGS),
        "|column of trachea - column of spine midline| / width of thorax",
        OF_SPINE,
    ),
    "cardiothoracic_ratio": Metric(
        thorax.cardiothoracic_ratio, RATIO, FRONTAL, ("heart", *LUNGS), "width of heart / inner width of thorax"
    ),
    "posterior_borders": Metric(
        lateral.posterior_borders, MM, LAT, ("lung", "lung_both"), "columns between right and left posterior lung border at mid-lung",
        ("both_share",),
    ),
    "sternum_profile": Metric(lateral.sternum_profile, RATIO, LAT, ("sternum",), "minor / major axis of the sternum"),
    "arm_over_lung": Metric(lateral.arm_over_lung, FRAC, LAT, ("lung", "arm"), "A(arm and lung) / A(lung)"),
    "recess_level": Metric(
        lateral.recess_level, MM, LAT, ("lung", "lung_both"), "|row of right - row of left posterior costophrenic angle|"
    ),
    "views_present": Metric(study.not_of_a_film, COUNT, (STUDY,), (), "expected views that are not there exactly once"),
}  # fmt: skip
