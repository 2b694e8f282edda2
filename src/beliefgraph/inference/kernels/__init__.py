"""The passes over a plan as machine code: messages up to the roots, then down again, and every marginal.

With φ the potential of a clique, e the leaves assigned to it and m the messages of its children, indexed by their maps:

    up      table[j] = φ[j] · Π e · Π m        total[s] = Σ table[block s]        message[s] = total[s] / max total
    down    below[s] = Σ joint of the parent where its entry agrees with s        (1 at a root)
            joint[block s] = table[block s] · below[s] / total[s]
    answer  marginal[v, x] = Σ joint of v's home where v = x

(Hugin's two passes; S. L. Lauritzen and D. J. Spiegelhalter, 1988.) A number is always computed by the same operations
in the same order, for any batch size; so its bits are a function of the evidence alone.

`observed` computes the weights, `upward` and `downward` process one tree, `passes` all of them, `odds` the log-odds.
`changes` updates after changes, `crowds` processes many rows at once, `logarithms` is the fallback beyond the range of
doubles, which `underflow` detects. `tables` has shared functions; `dropped` the messages of factors outside the trees.
"""
