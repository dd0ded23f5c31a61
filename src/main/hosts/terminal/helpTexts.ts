/** What the help of a command says below its options. */
import { METHOD_LINES, RULE_LINES } from '../../../contract/words/methods';

export const EXIT_CODES = `
Exit codes:
  0    done
  1    a fault; its code, what happened and what to do are on standard error
  2    the command line is not understood
  130  cancelled by Ctrl-C; what was complete by then has been shown and saved
  143  ended by SIGTERM, 129 by SIGHUP (the terminal was closed); likewise

Results go to standard output, progress and faults to standard error. There is
no progress bar when standard error is not a terminal.`;

export const ATTRIBUTE_HELP = `
Inputs are .npz files, whose entries are the model's inputs by name or in order,
or .npy files; the first axis counts examples. Tables (.csv) hold an example per
row: numbers, token ids, or letters for a one-hot sequence. Pictures (.png, .jpeg)
are brought to the input's size and channels; each is an example. Sizes that a model
leaves free (? in mho inspect) become those of the input, or those of --size; files of
different sizes are run group by group, a question each in one session.

Methods:
${METHOD_LINES}

Rules, by which nig sums the path:
${RULE_LINES}

How far a path is walked. nig by secant walks an adaptive path: segments are halved
where the error is, until the estimated error of every layer is below --tolerance
(5%, 1%, 0.1% or 0.05; 0.01% at the least) of the layer's summed magnitudes. That is
the error of its units, or with --tolerance-over neurons of every single neuron.
Without --tolerance that is 2%, by at most 600 walks; one that was asked for has no
cap but --max-passes. --until-top stops as soon as the first k units of every layer
are certain, and not before. A run says what it reached. Other rules and methods walk
50 even steps, and --steps has nig by secant do so too, as papers do.

Ctrl-C on an adaptive path means enough: the run is complete as far as it came, is
shown and saved, says what it reached, and mho exits with 0. A second Ctrl-C cancels,
as it does at any other time: only examples that are done are kept. A third ends mho.

A run that is in a session goes on from where it is: --continue FILE.mho --tolerance 1%
opens the session and its model, walks what is missing, and writes the file back, or
another with --out. Without --tolerance it goes on to what was asked before. It has no
cap but --max-passes, which counts what was walked before too. What cannot go on from
its leaves, since they were too large to keep, is computed anew, and that is said. A
model that has moved is given by its path.

Examples:
  $ mho attribute model.keras --input images.npz --examples 0-3 --out images.mho
  $ mho attribute classifier.keras --input cat.jpeg dog.png --image-range 0..255
  $ mho attribute model.h5 --input dna=dna.npy --baseline 0.25 --target score:0
  $ mho attribute folder --input x.npz --target classes:3 --minus classes:5 --method nig,genomics
  $ mho attribute --continue images.mho --tolerance 1%`;

export const KNOCK_OUT_HELP = `
A unit is taken out at all its positions: its value becomes what it is at the baseline, and
everything behind its layer is computed anew. drop is F(x) less F without the unit; restore is
the reverse: F where only that unit of its layer is as at the input and the others are
replaced, less F with all of them replaced. Where something goes around a layer (a skip,
another input), it stays as at the input, and that is said.

Values that were set may lie where the network was never trained. --to mean (over all
examples of the input files) and --to example:K stay nearer to its data.

Examples:
  $ mho knock-out model.keras --input x.npz --layer conv2 --all
  $ mho knock-out model.onnx --input x.npz --units conv2:3,conv2:7 --to mean
  $ mho knock-out model.keras --input x.npz --units conv2:3@4x5,conv2:7@0-3x*
  $ mho knock-out folder --input x.npz --units encoder:0-3 --to scale:0.5 --json`;

export const JUDGE_HELP = `
For each layer and example units are taken out one by one, and put back one by one; then in
the order of each method, most important first and least important first. Scores are held
against the mean of both questions, since each alone takes sides: taken out of the input's
activations favours gradient × difference, put back into the baseline's one-step rules. Where F is
additive over a layer's units nothing is judged, and where units do not act alone, that is said.

Intervals are bootstrapped over the examples: with fewer than three nothing is said of others,
and 8 or more are better. The same seed gives the same numbers. Ctrl-C keeps the layers that
are done.

Examples:
  $ mho judge model.keras --input x.npz --examples 0-15 --out judged.mho
  $ mho judge model.onnx --input x.npz --layers conv2,conv3 --methods nig,rescale,random --to mean`;

export const STUDY_HELP = `
What two papers ask of networks (Neuron Integrated Gradients, arXiv 1807.09946; conductance,
1805.12233), asked of this one: conductance by its original formula beside NIG, with both errors
and costs, for layers that it can be walked for; what methods cost, for all layers and for each
alone; where NIG and DeepLIFT Rescale differ, and whom knock-outs bear out; how scores go with the
ablation of single units, and how many go until the top class changes; units as features,
chosen on up to 30 examples of each class and judged on the others; units by sign over
classes; with --contrast, which units answer to what was changed.

Classes are what the network predicts, or what --truth says. Paths have even steps, half of
which tell errors. The same seed gives the same numbers, but for times. Ctrl-C keeps the parts
that are done. --out writes study.json and study.md.

Examples:
  $ mho study-paper model.keras --input x.npz --truth x.npz#labels --out study
  $ mho study-paper text.keras --input plain.npz --contrast negated.npz --layers conv,dense`;

export const BASELINES_HELP = `
The same target is explained under each baseline of --among, and units are told side by side: the
lowest rank correlation of two baselines, how many of the first units under the first baseline are
among the first under every one, and whose sign depends on it, beyond the estimated errors. With
--layers each unit's contributions and its best and worst rank are listed. Baselines that cannot be
made for the inputs are left out, and it is said why.

Examples:
  $ mho baselines model.keras --input x.npz --examples 0 --among zeros,mean,blur,noise:1*4
  $ mho baselines model.onnx --input x.npz --layers conv2 --among zeros,shuffle*8 --out both.mho`;

export const CHECK_HELP = `
mho exits with 1 where a difference is above the tolerance. Layers are compared in running
order, in the framework's order of axes or channels last.

A model that brings its own proof is compared whenever it is opened, and what came of it is
said: ONNX test data (test_data_set_0/input_0.pb, output_0.pb) beside it, NAME.npz beside NAME.keras
with entries for its inputs and outputs, or mho.json with {"check": {"input": "x.npz", "expect": "y.npz"}}.

Examples:
  $ mho check model.onnx --input x.npz --expect y.npz
  $ mho check model.keras --input x.npy --expect y.npy --tolerance 1e-6`;
