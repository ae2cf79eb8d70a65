"""
Writes pytorch.json: what PyTorch gives for attention, its layer, and the ops around it, with gradients by autograd, all in float64. The names of
arguments, options and results are fovea's own, so that test/pytorch.test.ts is a loop. Run it after changing what is in it:

    apt-get install python3-torch   # Debian's, 1.13.1, which calls itself 1.13.0a0
    /usr/bin/python3 test/golden/pytorch.py

Inputs are multiples of 1/8 (a state has 16ths), which are exact in float32 too; results have 10 digits. The same version writes the same file.
"""
import json
import math
import pathlib
import random

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

goldens = []


class Numbers:
    """Seeded by the golden's name, so that one golden does not change another's numbers."""

    def __init__(self, name):
        self.random = random.Random(name)

    def __call__(self, *shape, low=-2.0, high=2.0):
        size = math.prod(shape)
        numbers = [min(high, max(low, round(self.random.gauss(0, 1) * 8) / 8)) for _ in range(size)]
        return torch.tensor(numbers).reshape(shape).requires_grad_()

    def some(self, *shape):
        """Booleans, the first of each row true, so that no row is empty."""
        chosen = torch.tensor([self.random.random() < 0.6 for _ in range(math.prod(shape))]).reshape(shape)
        chosen[..., 0] = True
        return chosen


def written(value):
    """A tensor as { shape, and its numbers under the name of their type }, anything else as it is."""
    if isinstance(value, dict):
        return {name: written(one) for name, one in value.items()}
    if not isinstance(value, torch.Tensor):
        return value
    flat = value.detach().reshape(-1).tolist()
    if value.dtype == torch.bool:
        return {"shape": list(value.shape), "uint8": [int(one) for one in flat]}
    if value.dtype == torch.int32:
        return {"shape": list(value.shape), "int32": flat}
    numbers = [float(f"{one:.10g}") + 0.0 for one in flat]  # no -0
    return {"shape": list(value.shape), "float64": [int(one) if one == int(one) else one for one in numbers]}


def add(op, name, arguments, options, results):
    goldens.append({"op": op, "name": name, **written({"arguments": arguments, "options": options, "results": results})})


def gradients(output, seed, of):
    """The gradients of sum(output * seed), by the names of `of`."""
    found = torch.autograd.grad((output * seed).sum(), list(of.values()))
    return dict(zip(of.keys(), found))


# attention


def raw_scores(score, q, k):
    """[b, h, sq, skv] of [b, h, sq, d] and [b, h, skv, dk], by PyTorch's own functions where it has one."""
    kind = score if isinstance(score, str) else score["kind"]
    if kind == "dot":
        return q @ k.transpose(-1, -2)
    if kind == "cosine":
        return F.cosine_similarity(q[:, :, :, None], k[:, :, None], dim=-1, eps=1e-12)
    if kind == "euclidean":
        return -torch.cdist(q, k, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    if kind == "rbf":
        return torch.exp(-score["gamma"] * torch.cdist(q, k, compute_mode="donot_use_mm_for_euclid_dist") ** 2)
    heads, sq, skv = q.shape[1], q.shape[2], k.shape[2]

    def of_head(name, h, rank):
        return score[name][h] if score[name].dim() > rank else score[name]

    columns = []
    for h in range(heads):
        if kind == "general":
            rows = q[:, h, :, None].expand(-1, -1, skv, -1), k[:, h, None].expand(-1, sq, -1, -1)
            columns.append(F.bilinear(rows[0].contiguous(), rows[1].contiguous(), of_head("weight", h, 2)[None]).squeeze(-1))
        else:
            a = F.linear(q[:, h], of_head("queryWeight", h, 2).T) if "queryWeight" in score else q[:, h]
            c = F.linear(k[:, h], of_head("keyWeight", h, 2).T) if "keyWeight" in score else k[:, h]
            b = of_head("bias", h, 1) if "bias" in score else 0
            columns.append(F.linear(torch.tanh(a[:, :, None] + c[:, None] + b), of_head("v", h, 1)[None]).squeeze(-1))
    return torch.stack(columns, 1)


def attend(q, k, v, score="dot", scale=None, mask=None, bias=None, causal=False, queryOffset=None, window=None, keyLengths=None,
           queryLengths=None, softcap=None, alibi=None, sinks=None):
    heads, sq, skv = q.shape[1], q.shape[2], k.shape[2]
    k, v = (one.repeat_interleave(heads // k.shape[1], dim=1) for one in (k, v))
    if scale is None:
        scale = 1 / math.sqrt(q.shape[3]) if score == "dot" else 1
    scores = scale * raw_scores(score, q, k)
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    place = (torch.arange(sq) + (skv - sq if queryOffset is None else queryOffset))[:, None]
    keys = torch.arange(skv)[None]
    if alibi is not None:
        scores = scores - alibi[:, None, None] * (keys - place).abs()
    if bias is not None:
        scores = scores + bias
    seen = torch.ones_like(scores, dtype=torch.bool)
    if mask is not None:
        seen = seen & mask
    if causal:
        seen = seen & (keys <= place)
    if window is not None:
        seen = seen & (keys >= place - window[0]) & (keys <= place + window[1])
    if keyLengths is not None:
        seen = seen & (keys < keyLengths[:, None, None, None])
    assert seen.any(-1).all() or sinks is not None, "PyTorch gives NaN for a query that sees nothing"
    scores = scores.masked_fill(~seen, -math.inf)
    if sinks is not None:
        scores = torch.cat([scores, sinks[None, :, None, None].expand(*scores.shape[:3], 1)], -1)
    weights, sums = F.softmax(scores, -1)[..., :skv], torch.logsumexp(scores, -1)
    if queryLengths is not None:
        weights = weights * (torch.arange(sq)[:, None] < queryLengths[:, None, None, None])
    return weights @ v, weights, sums


def attention(name, make, b=1, hq=2, hkv=None, sq=3, skv=5, d=3, dk=None, dv=2, weighed=False):
    """`make` gives the options out of Numbers; `weighed` asks for the weights."""
    numbers = Numbers(f"attention, {name}")
    hkv = hkv or hq
    q, k, v = numbers(b, hq, sq, d), numbers(b, hkv, skv, dk or d), numbers(b, hkv, skv, dv)
    options = make(numbers)
    output, weights, sums = attend(q, k, v, **options)
    seed = numbers(*output.shape)
    score = options.get("score")
    fields = {key: one for key, one in score.items() if isinstance(one, torch.Tensor)} if isinstance(score, dict) else {}
    of = {"dQuery": q, "dKey": k, "dValue": v}
    if "bias" in options:
        of["dBias"] = options["bias"]
    if "sinks" in options:
        of["dSinks"] = options["sinks"]
    found = gradients(output, seed, {**of, **{f"score.{key}": one for key, one in fields.items()}})
    results = {"output": output, **({"weights": weights} if weighed else {})}
    if "queryLengths" not in options:  # past them it is -Infinity, which JSON does not have
        results["logSumExp"] = sums
    results |= {key: found[key] for key in of}
    if fields:
        results["dScore"] = {key: found[f"score.{key}"] for key in fields}
    add("attention", name, {"q": q, "k": k, "v": v, "dOutput": seed}, options, results)


def ints(*values):
    return torch.tensor(values, dtype=torch.int32)


kinds = {
    "dot": lambda n, d, dk, u: "dot",
    "cosine": lambda n, d, dk, u: "cosine",
    "euclidean": lambda n, d, dk, u: "euclidean",
    "rbf": lambda n, d, dk, u: {"kind": "rbf", "gamma": 0.25},
    "general": lambda n, d, dk, u: {"kind": "general", "weight": n(d, dk)},
    "additive": lambda n, d, dk, u: {"kind": "additive", "queryWeight": n(d, u), "keyWeight": n(dk, u), "v": n(u), "bias": n(u)},
}

for kind, score in kinds.items():
    scale = 3 if kind == "cosine" else 0.25 if kind == "euclidean" else 0.5
    attention(kind, lambda n: {"score": score(n, 3, 3, 2)}, weighed=True)
    attention(
        f"{kind}, causal, fewer key/value heads, scale, softcap, bias, sinks",
        lambda n: {"score": score(n, 3, 3, 2), "causal": True, "scale": scale, "softcap": 1.5, "bias": n(3, 5), "sinks": n(4)},
        hq=4, hkv=2,
    )
    attention(
        f"{kind}, a mask, lengths, a window, alibi",
        lambda n: {"score": score(n, 3, 3, 2), "mask": n.some(2, 1, 3, 4), "keyLengths": ints(2, 4), "queryLengths": ints(3, 2),
                   "queryOffset": 0, "window": [2, 3], "alibi": torch.tensor([0.5, 0.25])},
        b=2, skv=4,
    )

attention("scale", lambda n: {"scale": 0.75})
attention("softcap", lambda n: {"softcap": 0.75})
attention("causal, queryOffset", lambda n: {"causal": True, "queryOffset": 0})
attention("a bias of each key", lambda n: {"bias": n(5)})
attention("a bias of each query and batch row", lambda n: {"bias": n(2, 1, 3, 1)}, b=2)
attention("sinks, queries that see nothing else", lambda n: {"sinks": n(2), "causal": True, "queryOffset": -1})
attention("general, other widths, a weight for each head",
          lambda n: {"score": {"kind": "general", "weight": n(4, 2, 3)}, "causal": True}, hq=4, hkv=2, d=2, dk=3)
attention("additive, other widths, weights for each head",
          lambda n: {"score": {"kind": "additive", "queryWeight": n(4, 2, 3), "keyWeight": n(4, 3, 3), "v": n(4, 3), "bias": n(4, 3)}},
          hq=4, hkv=2, d=2, dk=3)
attention("additive, keys that are projected already",
          lambda n: {"score": {"kind": "additive", "queryWeight": n(3, 4), "v": n(4)}, "scale": 0.5}, d=3, dk=4)
attention("additive, queries that are projected already",
          lambda n: {"score": {"kind": "additive", "keyWeight": n(3, 4), "v": n(4), "bias": n(4)}, "softcap": 2}, d=4, dk=3)


# torch.nn.MultiheadAttention


def layer(name, embed=6, heads=2, kdim=None, vdim=None, bias=True, b=2, sq=3, skv=4, own=False, options=None, torch_options=None):
    numbers = Numbers(f"layer, {name}")
    module = torch.nn.MultiheadAttention(embed, heads, bias=bias, kdim=kdim, vdim=vdim, batch_first=True)
    state = {key: numbers(*one.shape).detach() / 2 for key, one in module.state_dict().items()}
    module.load_state_dict(state)
    query = numbers(b, sq, embed)
    key, value = (query, query) if own else (numbers(b, skv, kdim or embed), numbers(b, skv, vdim or embed))
    options, given = options(numbers) if options else ({}, {})
    output, weights = module(query, key, value, average_attn_weights=False, **given)
    averaged, means = module(query, key, value, **given)
    assert torch.allclose(output, averaged)
    arguments = {"state": state, "heads": heads, "query": query, **({} if own else {"key": key, "value": value})}
    add("MultiHeadAttention", name, arguments, options, {"output": output, "weights": weights, "meanWeights": means})


layer("self-attention", own=True)
layer("key and value of their own")
layer("no biases", bias=False)
layer("keys and values of other widths", kdim=5, vdim=4)
layer("one head", heads=1, embed=5)
layer("key_padding_mask", options=lambda n: (
    (lambda there: ({"mask": there[:, None, None]}, {"key_padding_mask": ~there}))(n.some(2, 4))))
layer("attn_mask of booleans", options=lambda n: (
    (lambda there: ({"mask": there}, {"attn_mask": ~there}))(n.some(3, 4))))
layer("attn_mask of numbers, for each head", options=lambda n: (
    (lambda bias: ({"bias": bias}, {"attn_mask": bias.reshape(4, 3, 4)}))(n(2, 2, 3, 4).detach())))
layer("causal", own=True, options=lambda n: ({"causal": True}, {"attn_mask": torch.ones(3, 3, dtype=torch.bool).triu(1)}))
layer("key_padding_mask and attn_mask", options=lambda n: (
    (lambda there, bias: ({"mask": there[:, None, None], "bias": bias}, {"key_padding_mask": ~there, "attn_mask": bias}))(
        n.some(2, 4), n(3, 4).detach())))


# the ops around


def norm(op, name, shape, gamma, beta=False, **options):
    numbers = Numbers(f"{op}, {name}")
    x, d = numbers(*shape), shape[-1]
    given = {**({"gamma": numbers(d)} if gamma else {}), **({"beta": numbers(d)} if beta else {}), **options}
    epsilon = options.get("epsilon", 1e-5 if op == "layerNorm" else 1e-6)
    if op == "layerNorm":
        output = F.layer_norm(x, (d,), given.get("gamma"), given.get("beta"), epsilon)
    else:
        output = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * given.get("gamma", 1)
    seed = numbers(*shape)
    of = {"dX": x, **({"dGamma": given["gamma"]} if gamma else {}), **({"dBeta": given["beta"]} if beta else {})}
    add(op, name, {"x": x, "dOutput": seed}, given, {"output": output, **gradients(output, seed, of)})


norm("layerNorm", "gamma and beta", (2, 2, 6), True, True)
norm("layerNorm", "nothing but x", (4, 5), False)
norm("layerNorm", "epsilon", (3, 7), True, True, epsilon=0.25)
norm("rmsNorm", "gamma", (2, 2, 6), True)
norm("rmsNorm", "nothing but x", (4, 5), False)
norm("rmsNorm", "epsilon", (3, 7), True, epsilon=0.25)


def softened(op, name, shape, axis=-1, scale=1, mask=False):
    numbers = Numbers(f"{op}, {name}")
    x = numbers(*shape)
    given = {**({"axis": axis} if axis != -1 else {}), **({"scale": scale} if scale != 1 else {})}
    scores = scale * x
    if mask:
        given["mask"] = numbers.some(*shape)
        scores = scores.masked_fill(~given["mask"], -math.inf if op == "softmax" else math.inf)
    output = (F.softmax if op == "softmax" else F.softmin)(scores, axis)
    seed = numbers(*shape)
    found = gradients(output, seed, {"dX": x}) if op == "softmax" else {}
    add(op, name, {"x": x, **({"dOutput": seed} if found else {})}, given, {"output": output, **found})


softened("softmax", "last axis", (3, 7))
softened("softmax", "first axis, scale", (5, 2, 3), axis=0, scale=-1.5)
softened("softmax", "middle axis", (2, 4, 3), axis=1)
softened("softmax", "a mask", (4, 6), mask=True)
softened("softmin", "last axis, scale", (3, 7), scale=0.5)
softened("softmin", "a mask", (4, 6), mask=True)

activations = {"relu": F.relu, "gelu": F.gelu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}

for activation, function in activations.items():
    numbers = Numbers(activation)
    x = numbers(4, 12) * torch.tensor([1.0, 2.0, 4.0, 8.0])[:, None]
    add(activation, "numbers to 16", {"x": x}, {}, {"output": function(x)})

for activation, function in {"none": lambda x: x, **activations}.items():
    for bias in (True, False):
        name = f"{activation}, {'a bias' if bias else 'no bias'}"
        numbers = Numbers(f"linear, {name}")
        x, weight = numbers(2, 2, 4), numbers(4, 3)
        given = {**({"bias": numbers(3)} if bias else {}), **({} if activation == "none" else {"activation": activation})}
        output = function(F.linear(x, weight.T, given.get("bias")))
        seed = numbers(*output.shape)
        of = {"dX": x, "dWeight": weight, **({"dBias": given["bias"]} if bias else {})}
        add("linear", name, {"x": x, "weight": weight, "dOutput": seed}, given, {"output": output, **gradients(output, seed, of)})

for interleaved in (False, True):
    name = "interleaved" if interleaved else "halves"
    numbers = Numbers(f"rotary, {name}")
    x, positions = numbers(1, 2, 4, 6), ints(0, 1, 7, 1000)
    angles = positions[:, None] * 100.0 ** (-torch.arange(0, 6, 2) / 6)
    pairs = x.reshape(1, 2, 4, 3, 2) if interleaved else x.reshape(1, 2, 4, 2, 3).transpose(-1, -2)
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angles), angles))
    output = (turned if interleaved else turned.transpose(-1, -2)).reshape(x.shape)
    given = {"base": 100, "positions": positions, **({"interleaved": True} if interleaved else {})}
    add("rotary", name, {"x": x}, given, {"output": output})

lines = ",\n".join(json.dumps(golden, separators=(",", ":")) for golden in goldens)
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(f'{{"made":"by PyTorch {torch.__version__}, pytorch.py","goldens":[\n{lines}\n]}}\n')
print(f"{path.name}: {len(goldens)} goldens, {path.stat().st_size / 1024:.0f} KB")
