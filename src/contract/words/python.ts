/** What reads a run of a saved session in Python, with numpy alone. */

/** @param place of the run in the session @param run what it is called */
export function pythonLines(path: string, place: number, run: string): string {
  return `import json, os, zipfile
import numpy as np

path = os.path.expanduser(${JSON.stringify(path)})
with zipfile.ZipFile(path) as file:
    manifest = json.loads(file.read("manifest.json"))
arrays = np.load(path)

run = manifest["runs"][${place}]  # ${run.replace(/[\r\n]+/g, ' ')}
for layer in run["layers"]:
    units = arrays[layer["units"]]  # [examples, units]
    contributions = arrays[layer["contributions"]]  # [examples, *layer["shape"]]
    top = np.argsort(-np.abs(units[0]))[:5]
    print(layer["name"], contributions.shape, [(int(unit), float(units[0, unit])) for unit in top])
`;
}
