"""One person in their clothes as a single mesh with a single texture, ready to be moved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from painscope.virtual import parts, raster
from painscope.virtual.anatomy import COARSE_TRIANGLES, SLIT_STRIPS, P, Q, skin_triangles
from painscope.virtual.canvas import PER_MM, linear, resized, texel
from painscope.virtual.detail import fine_blocks
from painscope.virtual.expression import SLIT_VERTICES, express, skin_normals
from painscope.virtual.hair import hair_volume
from painscope.virtual.head import Head, build_head
from painscope.virtual.mane import mane_part
from painscope.virtual.mesh import Material, Part
from painscope.virtual.motion import ACTION_UNITS
from painscope.virtual.occlusion import ever_seen, sky_share
from painscope.virtual.people import HAIR_COLOURS, Person
from painscope.virtual.scene import Scene
from painscope.virtual.skin import paint_skin, skin_colour
from painscope.virtual.strands import beard_part, scalp_part
from painscope.virtual.wrinkles import Patch, wrinkle_patches

__all__ = ["Body", "assemble"]

_SKIN = Material(raster.SKIN, textured=True, wrap=(0.42, 0.22, 0.16), gloss=0.075, sharpness=4)


@dataclass(frozen=True)
class Body:
    """All of a person's vertices in one list, the head's grid first.

    Attributes
    ----------
    head : Head
    points, normals : float32 [N, 3]
        At rest, in the head's space.
    root : int32 [2, K]
        Vertices that move along with the skin, and the skin's vertices that they follow.
    droop : dict of int to (int64 [K], float32 [K])
        Per side, 0 left: vertices that sink when the lid closes, and by how many mm.
    follow : float32 [N]
        1 where a point turns with the head, 0 where it stays with the trunk.
    tint : float32 [N]
    uv : float32 [N, 2]
        Texels in the atlas.
    triangles : int32 [M, 3]
        Those seen from the front only come first.
    one_sided : int
        How many of them.
    first_hair : int
        The first triangle of hair; all later ones are hair, too.
    drawn, drawn_skin, used : int32
        The vertices that anything is drawn with; those of them in the skin, and all edges of its
        slits; and the vertices that anything is drawn with or casts shadows.
    casting : int32 [C, 3]
        The triangles that cast shadows, `one_sided_casting` of them only where they face the
        light; of the skin every third row and column, of hair a third of the wisps.
    part : int32 [M]
        Each triangle's part.
    spans : dict of str to slice
        Each part's vertices.
    numbers : dict of str to int
        Each part's number.
    materials : float32 [parts, 10]
    texels : float32 [h, w, 8]
        See `shading.shade_surfaces`; the skin's come first, with the relief that lasts.
    patches : list of Patch
    """

    head: Head
    points: np.ndarray
    normals: np.ndarray
    root: np.ndarray
    droop: dict[int, tuple[np.ndarray, np.ndarray]]
    follow: np.ndarray
    tint: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    one_sided: int
    first_hair: int
    drawn: np.ndarray
    drawn_skin: np.ndarray
    used: np.ndarray
    casting: np.ndarray
    one_sided_casting: int
    part: np.ndarray
    spans: dict[str, slice]
    numbers: dict[str, int]
    materials: np.ndarray
    texels: np.ndarray
    patches: list[Patch]


_HAIRY = ("hair", "mane", "beard")
_CASTING = ("bust", "left_ear", "right_ear", "glasses", *_HAIRY)


def assemble(person: Person, scene: Scene, px_per_mm: float) -> Body:
    """Build a person, in the detail that a picture with so many pixels per mm can show."""
    per_mm = float(np.clip(1.35 * px_per_mm, 0.5, PER_MM))  # of the skin's texture
    head = build_head(person, hair_volume(person))
    skin = skin_colour(person)
    painted, relief = paint_skin(person)
    triangles = skin_triangles(fine_blocks(head, px_per_mm))
    pieces = {"skin": _skin_part(head, triangles, resized(painted, per_mm), per_mm)}
    pieces.update(_linings(head, skin))
    hair = linear(HAIR_COLOURS[person.hair_colour])
    wisps = scalp_part(head, hair)
    optional = {
        "hair": wisps,
        "mane": mane_part(head, hair, wisps),
        "beard": beard_part(head, hair),
        "glasses": parts.glasses(head),
    }
    pieces.update({name: part for name, part in optional.items() if part is not None})
    pieces["bust"] = parts.bust(head, scene, skin)
    pieces["left_eye"], pieces["right_eye"] = parts.eyeballs(head)
    if "mane" not in pieces:  # which would hide them
        pieces["left_ear"], pieces["right_ear"] = parts.ears(head, skin)
    pieces["upper_teeth"], pieces["lower_teeth"] = parts.teeth(head)
    pieces["tongue"] = parts.tongue(head)
    pieces["lashes"] = parts.lashes(head)
    body = _merge(head, pieces, resized(relief, per_mm), wrinkle_patches(person, per_mm))
    _bake_occlusion(body)
    body = _without_hidden_hair(body)
    drawn, of_skin, used = np.zeros((3, len(body.points)), bool)
    drawn[body.triangles] = True
    of_skin[: len(head.points)] = drawn[: len(head.points)]
    of_skin[SLIT_VERTICES] = True
    used[body.casting] = True
    return replace(body, drawn=_where(drawn), drawn_skin=_where(of_skin), used=_where(drawn | used))


def _where(chosen: np.ndarray) -> np.ndarray:
    return np.flatnonzero(chosen).astype(np.int32)


def _without_hidden_hair(body: Body) -> Body:
    """Leave out the wisps that other hair always hides; the mane stays, to fill what gaps show."""
    hairy = [body.numbers[name] for name in ("hair", "beard") if name in body.numbers]
    if not hairy:
        return body
    seen = ever_seen(body.points, body.triangles, body.one_sided)
    keep = seen | ~np.isin(body.part, hairy)
    return replace(body, triangles=np.ascontiguousarray(body.triangles[keep]), part=body.part[keep])


def _bake_occlusion(body: Body) -> None:
    """Darken in place what the body itself hides from the sky, as it stands at rest."""
    rest = express(body.head, np.zeros((len(ACTION_UNITS), 2)), np.zeros(2))
    points, normals = body.points.copy(), body.normals.copy()
    points[body.spans["skin"]] = rest.points
    skin_normals(rest.points, normals)
    for name in _HAIRY:
        if name in body.spans:
            normals[body.spans[name]] = 0
    bare = dict.fromkeys(("bust", "left_ear", "right_ear"), (0.12, 0.88))
    every = bare | dict.fromkeys(_HAIRY, (0.45, 0.75))
    least_and_most = {name: both for name, both in every.items() if name in body.spans}
    which = np.concatenate([np.r_[body.spans[name]] for name in least_and_most])
    share = np.zeros(len(points), np.float32)
    share[which] = sky_share(points, normals, body.casting, which)
    for name, (least, most) in least_and_most.items():
        span = body.spans[name]
        body.tint[span] *= least + most * share[span]


def _skin_part(head: Head, triangles: np.ndarray, texture: np.ndarray, per_mm: float) -> Part:
    texels = (texel(P, Q).reshape(-1, 2) + 0.5) * (per_mm / PER_MM) - 0.5
    count = len(head.points)
    return Part(
        head.points, triangles, _SKIN, np.zeros((count, 3)), np.ones(count), uv=texels,
        texture=texture, one_sided=True,
    )  # fmt: skip


def _linings(head: Head, skin: np.ndarray) -> dict[str, Part]:
    """Return what shows behind open lips and in the lids' corners: copies of the skin there."""
    mouth = Material(raster.GLOW, (0.020, 0.007, 0.006))
    red, green, blue = 0.7 * skin * [0.95, 0.62, 0.6] + 0.3 * np.array([0.36, 0.20, 0.18])
    socket = Material(raster.SKIN, (red, green, blue), wrap=(0.4, 0.3, 0.3), gloss=0.15)
    parts_ = {}
    for name, material, strip in zip(
        ("mouth_lining", "eye_lining"), (mouth, socket), SLIT_STRIPS, strict=True
    ):
        index, local = np.unique(strip, return_inverse=True)
        parts_[name] = Part(
            head.points[index], local.reshape(-1, 3).astype(np.int32), material,
            np.tile([0.0, 0.0, 1.0], (len(index), 1)), np.full(len(index), 0.8), root=index,
            one_sided=True,
        )  # fmt: skip
    return parts_


def _merge(head: Head, pieces: dict[str, Part], relief: np.ndarray, patches: list[Patch]) -> Body:
    ordered = dict(
        sorted(pieces.items(), key=lambda item: (not item[1].one_sided, item[0] in _HAIRY))
    )
    numbers = {name: number for number, name in enumerate(ordered)}
    spans, count = {}, 0
    for name, piece in ordered.items():
        spans[name] = slice(count, count + len(piece.points))
        count += len(piece.points)
    triangles = np.vstack([piece.triangles + spans[name].start for name, piece in ordered.items()])
    triangles = triangles.astype(np.int32)
    sizes = [len(piece.triangles) for piece in ordered.values()]
    part = np.repeat(np.arange(len(ordered), dtype=np.int32), sizes)
    one_sided = sum(len(piece.triangles) for piece in ordered.values() if piece.one_sided)
    hairy = [numbers[name] for name in _HAIRY if name in numbers]
    casts = _casting(ordered, spans, numbers, triangles, part)
    points = np.vstack([piece.points for piece in ordered.values()]).astype(np.float32)
    follow, tint, droop, root = _movements(ordered, spans, count)
    sinking = [np.flatnonzero((droop > 0) & (side * points[:, 0] > 0)) for side in (1, -1)]
    uv, texels = _atlas(ordered, spans, count, relief)
    return Body(
        head=head,
        points=points,
        normals=np.vstack([piece.normals for piece in ordered.values()]).astype(np.float32),
        root=root,
        droop={side: (index, droop[index]) for side, index in enumerate(sinking)},
        follow=follow,
        tint=tint,
        uv=uv,
        triangles=triangles,
        one_sided=one_sided,
        first_hair=int(np.isin(part, hairy, invert=True).sum()),
        **dict.fromkeys(("drawn", "drawn_skin", "used"), np.arange(count, dtype=np.int32)),
        casting=np.vstack([COARSE_TRIANGLES + spans["skin"].start, triangles[casts]]),
        one_sided_casting=len(COARSE_TRIANGLES) + int(casts[:one_sided].sum()),
        part=part,
        spans=spans,
        numbers=numbers,
        materials=np.array([piece.material.row() for piece in ordered.values()], np.float32),
        texels=texels,
        patches=patches,
    )


def _movements(
    pieces: dict[str, Part], spans: dict[str, slice], count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return `follow`, `tint`, how far each point droops, and `root`, see `Body`."""
    follow, tint = np.ones(count, np.float32), np.ones(count, np.float32)
    droop, roots = np.zeros(count, np.float32), []
    for name, piece in pieces.items():
        span = spans[name]
        tint[span] = piece.tint
        if piece.follow is not None:
            follow[span] = piece.follow
        if piece.droop is not None:
            droop[span] = piece.droop
        if piece.root is not None:
            own = np.arange(span.start, span.stop)[piece.root >= 0]
            roots.append(np.stack([own, piece.root[piece.root >= 0]], -1))
    return follow, tint, droop, np.ascontiguousarray(np.vstack(roots).T, np.int32)


def _casting(
    pieces: dict[str, Part],
    spans: dict[str, slice],
    numbers: dict[str, int],
    triangles: np.ndarray,
    part: np.ndarray,
) -> np.ndarray:
    """Return which triangles besides the skin's cast shadows, bool [M]."""
    casts = np.isin(part, [numbers[name] for name in _CASTING if name in numbers])
    for name in ("hair", "beard"):
        if name in pieces:
            third = _wisp(pieces[name], spans[name], triangles) % 3 == 0
            casts &= (part != numbers[name]) | third
    return casts


def _atlas(
    pieces: dict[str, Part], spans: dict[str, slice], count: int, relief: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return `uv` and `texels`, see `Body`; pieces may share a texture."""
    uv = np.zeros((count, 2), np.float32)
    textures: list[np.ndarray] = []
    offsets: dict[int, int] = {}
    for name, piece in pieces.items():
        if piece.texture is not None and id(piece.texture) not in offsets:
            offsets[id(piece.texture)] = sum(len(texture) for texture in textures)
            textures.append(piece.texture)
        if piece.uv is not None:
            uv[spans[name]] = piece.uv
            uv[spans[name], 1] += offsets[id(piece.texture)]
    return uv, _texels(textures, relief)


def _wisp(part: Part, span: slice, triangles: np.ndarray) -> np.ndarray:
    """Return the number of the wisp that each triangle belongs to, in a part made of wisps."""
    return (triangles[:, 0] - span.start) // part.wisp_points


def _texels(textures: list[np.ndarray], relief: np.ndarray) -> np.ndarray:
    """Put textures uint8 [h, w, 4] below one another, the first with its relief."""
    width = max(texture.shape[1] for texture in textures)
    texels = np.zeros((sum(len(texture) for texture in textures), width, 8), np.float32)
    full = np.array([255, 255, 255, 128], np.float32)
    top = 0
    for texture in textures:
        own = texels[top : top + len(texture), :, :4]
        np.divide(texture, full, out=own[:, : texture.shape[1]])
        own[:, texture.shape[1] :] = own[:, texture.shape[1] - 1, None]
        top += len(texture)
    texels[: relief.shape[0], : relief.shape[1], 4:7] = relief
    return texels
