from medimg.phantoms.brain_sites import SITES


def test_every_site_is_someone_else_and_scans_as_its_sequence_asks():
    assert len({s.name for s in SITES}) == len({s.counts for s in SITES}) == len(SITES) == 4
    for site in SITES:
        flair, t1, t2 = site.times
        assert flair.ti > 1600
        assert flair.te > 70
        assert t1.contrast
        assert t1.te < 30
        assert t2.te > 70
        assert t2.tr > 2500
        assert not t2.ti
        assert max(site.read, site.phase) <= site.matrix
