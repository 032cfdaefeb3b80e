//! Generates the function that holds conversations.

use std::fmt::Write;

use super::super::bench::Conversation;

/// Writes the function of a user who asks, reads the answer, pauses, and asks again.
pub(super) fn functions(out: &mut String, conversation: &Conversation, number: &str) {
    let (least, most) = conversation.think_time;
    let pause = match (least.as_secs_f64(), most.as_secs_f64()) {
        (_, 0.0) => String::new(),
        (least, most) if least < most => format!(
            "    if turn > 1 then sleep({least} + math.random() * {}) end\n",
            most - least
        ),
        (time, _) => format!("    if turn > 1 then sleep({time}) end\n"),
    };
    let _ = write!(
        out,
        "-- Each conversation has its own questions; after the last one they start again. Each question is sent with all earlier\n\
         -- messages.\n\
         function default()\n  \
           local n = exec.scenario.iteration_in_test\n  \
           local messages = {{}}\n  \
           for turn, question in ipairs(prompts[warmup + n % (#prompts - warmup) + 1].turns) do\n\
         {pause}    \
             messages[#messages + 1] = {{ role = \"user\", content = question.prompt }}\n    \
             local asked = {{ messages = messages, max_tokens = question.max_tokens }}\n    \
             local reply = ask(asked, {number}true, turn)\n    \
             if reply.error then break end\n    \
             messages[#messages + 1] = {{ role = \"assistant\", content = reply.text }}\n  \
           end\n\
         end\n"
    );
}
