"""The books: what explains every change of every wallet. Pure; nothing decides by it.

exact       sums that do not round
fills       executions of a spot wallet as postings
postings    the same record told twice is one posting
double      each posting as a debit and a credit
statement   opening, postings by cause, closing, and what is unexplained
parts       realised profit, fees and funding, each from its own records; what a hedge cost
valuing     in another currency, with the price's source
"""
