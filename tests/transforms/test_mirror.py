import torch

from medimg.transforms.mirror import mirror_order, mirrored

ORGANS = ("lung_r", "lung_l", "heart", "ribs_r")


def test_sides_change_places_and_what_has_no_partner_is_gone():
    assert mirror_order(ORGANS) == (1, 0, 2, -1)
    assert mirror_order(("lung", "lung_both", "spine")) == (0, 1, 2)


def test_a_mirrored_film_shows_each_organ_under_the_name_of_its_new_side():
    image, mask = torch.rand(1, 1, 4, 6), (torch.rand(1, 4, 4, 6) < 0.5).float()
    known = torch.tensor([[True, False, True, True]])
    turned, masks, flags = mirrored(image, mask, known, mirror_order(ORGANS))
    assert torch.equal(turned, image.flip(-1))
    assert torch.equal(masks[:, 0], mask[:, 1].flip(-1))
    assert torch.equal(masks[:, 2], mask[:, 2].flip(-1))
    assert flags.tolist() == [[False, True, True, False]]
    assert not masks[:, 3].any()


def test_a_film_mirrored_twice_is_itself_but_for_organs_without_a_partner():
    image, mask, known = torch.rand(2, 1, 4, 6), (torch.rand(2, 4, 4, 6) < 0.5).float(), torch.ones(2, 4, dtype=torch.bool)
    order = mirror_order(ORGANS)
    again = mirrored(*mirrored(image, mask, known, order), order)
    assert torch.equal(again[0], image)
    assert torch.equal(again[1][:, :3], mask[:, :3])
    assert again[2].tolist() == [[True, True, True, False]] * 2
