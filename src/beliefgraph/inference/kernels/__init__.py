"""The pass over a plan, as machine code: messages up to the roots, then down again, and every marginal.

With φ the potential of a clique, e the leaves homed there and m the messages of its children, read through their maps:

    up      table[j] = φ[j] · Π e · Π m        total[s] = Σ table[block s]        message[s] = total[s] / max total
    down    below[s] = Σ joint of the parent where its entry agrees with s        (1 at a root)
            joint[block s] = table[block s] · below[s] / total[s]
    answer  marginal[v, x] = Σ joint of v's home where v = x

(Hugin's two passes; S. L. Lauritzen and D. J. Spiegelhalter, 1988.) A number is always made by the same operations in
the same order, whoever asks and however many at a time; so its bits are a function of the evidence alone.

`observed` makes the weights, `upward` and `downward` go over one tree, `passes` over all of them, `odds` says what
comes out. `changes` does it again where something changed, `crowds` for many at once, `logarithms` where doubles end,
which `underflow` notices. `tables` is what they share; `dropped` has the messages of factors that are in no tree.
"""
