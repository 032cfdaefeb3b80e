//! Lines about the hardware of a server and its cost.

use crate::llm::{BenchResult, Hardware};

/// Lines about the hardware of a server, each with its label.
pub(super) fn economics(hardware: &Hardware, result: &BenchResult) -> Vec<(&'static str, String)> {
    let found = hardware.economics(result);
    let gpus = match hardware.gpus {
        1 => "1 GPU".to_owned(),
        gpus => format!("{gpus} GPUs"),
    };
    let mut lines = vec![(
        "tokens/s per GPU",
        format!(
            "{:.2} output, {:.2} with prompts ({gpus})",
            found.output_per_gpu, found.total_per_gpu
        ),
    )];
    if let Some(per_user) = found.per_user {
        let text = format!("{per_user:.2} output (1 / median TPOT)");
        lines.push(("tokens/s per user", text));
    }
    if let Some((cost, price)) = found.cost.zip(hardware.price) {
        let text = format!("${cost:.2} for a million output tokens (${price} per GPU and hour)");
        lines.push(("cost", text));
    }
    if let Some((energy, power)) = found.energy.zip(hardware.power) {
        let text = format!("{energy:.2} J per output token ({power} W per GPU)");
        lines.push(("energy", text));
    }
    lines
}
