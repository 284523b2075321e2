// SPDX-License-Identifier: GPL-3.0-or-later
// The variable {textureStylizer} in flamenco-manager.yaml names the command on each system.
const JOB_TYPE = {
  label: "Texture Stylizer",
  description: "Restyle every asset of a planned batch, in shards",
  settings: [
    { key: "run_dir", type: "string", subtype: "dir_path", required: true, visible: "submission",
      default: "RUN_DIR",
      description: "Folder made by `texture-stylizer batch plan`, on the shared storage" },
    { key: "shards", type: "int32", default: "SHARDS", propargs: { min: 1, max: 100000 }, visible: "submission" },
    { key: "worker_type", type: "string", choices: ["misc", "gpu"], default: "misc", visible: "submission" },
  ],
};

function compileJob(job) {
  const settings = job.settings;
  const report = author.Task("report", "misc");
  report.addCommand(author.Command("exec", {
    exe: "{textureStylizer}",
    args: ["batch", "report", settings.run_dir],
  }));
  for (let number = 1; number <= settings.shards; number++) {
    const task = author.Task(`shard-${number}-of-${settings.shards}`, settings.worker_type);
    task.addCommand(author.Command("exec", {
      exe: "{textureStylizer}",
      args: ["batch", "run", settings.run_dir, "--shard", `${number}/${settings.shards}`, "--farm", "plain"],
    }));
    job.addTask(task);
    report.addDependency(task);
  }
  job.addTask(report);
}
