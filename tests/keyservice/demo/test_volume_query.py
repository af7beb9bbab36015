"""EC2's Query protocol, as far as the volume store speaks it."""

import pytest

from keyservice.demo.refusals import Refusal
from keyservice.demo.volumes.query import read_form, refused, result, taken_list


def test_a_form_is_its_parameters():
    assert {"Action": "X", "Empty": "", "Text": "a b&c"} == read_form(b"Action=X&Empty=&Text=a+b%26c")


@pytest.mark.parametrize(
    "body", [b"Action=X&Action=Y", b"A=%FF", b"\xff=1", b"&".join(b"a%d=1" % n for n in range(400))]
)
def test_what_is_no_form_is_refused(body):
    with pytest.raises(Refusal, match="MalformedQueryString"):
        read_form(body)


def test_a_list_is_taken_in_the_order_of_its_numbers():
    form = {"VolumeId.10": "c", "VolumeId.2": "b", "VolumeId.1": "a", "Other": "x"}
    assert (["a", "b", "c"], {"Other": "x"}) == (taken_list(form, "VolumeId"), form)


@pytest.mark.parametrize(
    "name", ["VolumeId.x", "VolumeId.0", "VolumeId.", "VolumeId.1.2", "VolumeId.99999", "VolumeId.²"]
)
def test_what_is_no_list_is_refused(name):
    with pytest.raises(Refusal, match="InvalidParameterValue"):
        taken_list({name: "a"}, "VolumeId")


def test_results_and_refusals_are_xml_that_cannot_be_broken_out_of():
    told = result("Do", {"text": "<&\x00", "yes": True, "items": [{"a": 1}, {"a": 2}]}).body.decode()
    assert (
        "<text>&lt;&amp;\ufffd</text><yes>true</yes><items><item><a>1</a></item><item><a>2</a></item></items>" in told
    )
    answer = refused(Refusal("Code", "a < b", 403))
    assert (403, True) == (answer.status, "<Message>a &lt; b</Message>" in answer.body.decode())
