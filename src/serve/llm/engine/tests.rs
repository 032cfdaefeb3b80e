//! Results of the model that follow from simple arithmetic.

use super::*;

const LOAD: EngineLoad = EngineLoad {
    slots: None,
    kv: None,
    slowdown: 0,
    prefill: Duration::ZERO,
    chunk: None,
    cache: 0,
    block: 4,
};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A request with a unique prompt of `prompt` tokens.
fn asked(prompt: u64, reply: u64) -> EngineRequest {
    EngineRequest {
        prompt,
        blocks: super::super::prefix::blocks(0..prompt, 4),
        reply,
        step: 1,
        interval: ms(10),
    }
}

/// Makes the steps of all replies in the order in which they are due, until `until`. Returns the times of each reply.
fn run(model: &mut Model, left: &mut HashMap<Id, u64>, until: u64) -> HashMap<Id, Vec<u64>> {
    let mut steps: HashMap<Id, Vec<u64>> = HashMap::new();
    loop {
        let next = model.running.iter().copied();
        let next = next.min_by_key(|id| (model.due(*id), *id));
        let Some(id) = next.filter(|id| model.due(*id) <= ms(until)) else {
            return steps;
        };
        let due = model.due(id);
        if !model.take(id, 1) {
            continue;
        }
        model.stepped(id);
        let at = u64::try_from(due.as_millis()).unwrap();
        steps.entry(id).or_default().push(at);
        let tokens = left.get_mut(&id).unwrap();
        *tokens -= 1;
        if *tokens == 0 {
            model.leave(id, &[]);
            model.admit(due);
        }
    }
}

fn arrive(
    model: &mut Model,
    left: &mut HashMap<Id, u64>,
    id: Id,
    request: EngineRequest,
    now: u64,
) {
    left.insert(id, request.reply);
    model.arrive(id, request, ms(now));
    model.admit(ms(now));
}

#[test]
fn requests_wait_for_a_slot_until_others_leave() {
    let mut model = Model::new(EngineLoad {
        slots: Some(1),
        ..LOAD
    });
    let mut left = HashMap::new();
    for id in 0..3 {
        arrive(&mut model, &mut left, id, asked(1, 3), 0);
    }
    assert_eq!((model.counts().running, model.counts().waiting), (1, 2));
    model.leave(1, &[]);
    let steps = run(&mut model, &mut left, 1000);
    assert_eq!(steps[&0], [0, 10, 20]);
    assert_eq!(steps[&2], [20, 30, 40]);
}

#[test]
fn each_other_reply_slows_a_token_by_a_share() {
    let mut model = Model::new(EngineLoad {
        slowdown: 100_000,
        ..LOAD
    });
    let mut left = HashMap::new();
    for id in 0..5 {
        arrive(&mut model, &mut left, id, asked(1, 100), 0);
    }
    // 10 ms * (1 + 4 * 0.1)
    assert_eq!(run(&mut model, &mut left, 50)[&4], [0, 14, 28, 42]);
}

#[test]
fn a_prefill_delays_other_tokens_in_one_piece_or_in_chunks() {
    let load = EngineLoad {
        prefill: ms(1),
        ..LOAD
    };
    let mut model = Model::new(load.clone());
    let mut left = HashMap::new();
    arrive(&mut model, &mut left, 0, asked(10, 100), 0);
    arrive(&mut model, &mut left, 1, asked(60, 100), 25);
    let steps = run(&mut model, &mut left, 110);
    // Of the gap from 20 on, 5 ms had passed when the prefill of 60 ms began.
    assert_eq!(steps[&0], [10, 20, 90, 100, 110]);
    assert_eq!(steps[&1], [85, 95, 105]);

    let mut model = Model::new(EngineLoad {
        chunk: Some(20),
        ..load
    });
    arrive(&mut model, &mut left, 0, asked(10, 100), 0);
    arrive(&mut model, &mut left, 1, asked(60, 100), 20);
    let steps = run(&mut model, &mut left, 120);
    // Each token in between waits for one chunk: 10 + 20 ms. The prompt takes longer by two tokens of the other reply.
    assert_eq!(steps[&0], [10, 20, 50, 80, 110, 120]);
    assert_eq!(steps[&1], [100, 110, 120]);
}

#[test]
fn prompts_are_computed_one_after_the_other() {
    let mut model = Model::new(EngineLoad {
        prefill: ms(1),
        ..LOAD
    });
    let mut left = HashMap::new();
    for id in 0..3 {
        arrive(&mut model, &mut left, id, asked(50, 1), 0);
    }
    let prefilled = |id| model.admitted(id).unwrap().prefilled;
    assert_eq!([0, 1, 2].map(prefilled), [50, 100, 150].map(ms));
}

#[test]
fn cached_tokens_except_the_last_are_not_computed() {
    let mut model = Model::new(EngineLoad {
        prefill: ms(1),
        cache: 1000,
        ..LOAD
    });
    let mut left = HashMap::new();
    for (id, now) in [(0, 0), (1, 100)] {
        arrive(&mut model, &mut left, id, asked(40, 1), now);
    }
    let second = model.admitted(1).unwrap();
    // Blocks of 4: (40 - 1) / 4 of them.
    assert_eq!((second.cached, second.prefilled), (36, ms(104)));
    let counts = model.counts();
    assert_eq!((counts.queried, counts.hits), (80, 36));
}

#[test]
fn the_last_request_is_preempted_and_resumed() {
    let mut model = Model::new(EngineLoad {
        kv: Some(100),
        prefill: ms(1),
        ..LOAD
    });
    let mut left = HashMap::new();
    arrive(&mut model, &mut left, 0, asked(40, 20), 0);
    arrive(&mut model, &mut left, 1, asked(40, 20), 0);
    assert_eq!(model.counts().running, 2);
    let steps = run(&mut model, &mut left, 10_000);
    assert_eq!((steps[&0].len(), steps[&1].len()), (20, 20));
    assert_eq!(model.counts().preemptions, 1);
    // After the second prompt, nothing delays the first reply.
    assert_eq!(steps[&0][..3], [40, 90, 100]);
    assert_eq!(*steps[&0].last().unwrap(), 270);
    // The KV cache was full when both together had made 20 tokens. When the first one has left, the prompt and the tokens of the
    // second are computed again.
    let made = u64::try_from(steps[&1].iter().filter(|at| **at < 270).count()).unwrap();
    assert_eq!(steps[&1][usize::try_from(made).unwrap()], 270 + 40 + made);
    let counts = model.counts();
    assert_eq!((counts.kv_used, counts.running, counts.waiting), (0, 0, 0));
}

#[test]
fn requests_that_do_not_fit_wait_in_order() {
    let mut model = Model::new(EngineLoad {
        kv: Some(50),
        ..LOAD
    });
    let mut left = HashMap::new();
    arrive(&mut model, &mut left, 0, asked(30, 5), 0);
    arrive(&mut model, &mut left, 1, asked(30, 5), 0);
    arrive(&mut model, &mut left, 2, asked(1, 5), 0);
    assert_eq!((model.counts().running, model.counts().waiting), (1, 2));
    let steps = run(&mut model, &mut left, 1000);
    assert_eq!(steps[&1][0], 40);
    assert_eq!(steps[&2][0], 40);
}
