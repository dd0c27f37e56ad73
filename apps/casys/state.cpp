#include "apps/casys/state.hpp"

#include "socketio/json_text.hpp"

#include <chrono>

namespace apps::casys {

namespace {

StateChoice shown(Choice const& choice) {
    StateChoice out;
    out.text = choice.text;
    bool const conditional = choice.needs && !choice.needs->empty();
    out.type =
        choice.test ? (conditional ? "mixed" : "dice") : (conditional ? "conditional" : "direct");
    if (choice.to) {
        out.target_section = *choice.to;
    }
    if (conditional) {
        out.conditions = *choice.needs;
    }
    if (choice.test) {
        out.dice_type = choice.test->dice;
        out.dice_results = {{"success", choice.test->success}, {"failure", choice.test->failure}};
    }
    return out;
}

Rules rules_of(Story const& story, Game const& game, std::string const& updated) {
    Rules out;
    out.section_number = game.section;
    for (auto const& choice : offered(story, game)) {
        auto const& added = out.choices.emplace_back(shown(choice));
        if (choice.test) {
            out.needs_dice = true;
            out.dice_type = added.dice_type;
        }
    }
    out.needs_user_response = !out.choices.empty();
    if (out.needs_user_response) {
        out.next_action = "user_first";
    }
    out.rules_summary = out.choices.empty() ? "The adventure ends here."
                                            : std::to_string(out.choices.size()) + " choices";
    out.last_update = updated;
    return out;
}

socketio::Json decision_of(Game const& game) {
    if (game.history.empty()) {
        return nullptr;
    }
    auto const& last = game.history.back();
    Decision decision;
    decision.section_number = last.section;
    decision.next_section = last.next;
    decision.player_input = last.choice;
    if (!last.outcome.empty()) {
        decision.conditions.push_back(last.outcome);
    }
    decision.timestamp = python_time(last.time);
    return socketio::to_json(decision);
}

Trace trace_of(Game const& game) {
    Trace trace{game.game_id, game.session_id, game.section, python_time(game.started), {}};
    for (auto const& step : game.history) {
        TraceEntry entry{step.section, step.choice, step.next, nullptr, python_time(step.time)};
        if (!step.outcome.empty()) {
            entry.dice = step.outcome;
        }
        trace.history.push_back(std::move(entry));
    }
    return trace;
}

}  // namespace

std::string python_time(std::int64_t milliseconds) {
    using namespace std::chrono;
    auto text = socketio::iso_time(socketio::IsoTime(std::chrono::milliseconds(milliseconds)));
    text.pop_back();  // the Z
    return text;
}

GameState state_of(Story const& story, Game const& game) {
    auto const& hero = story.character();
    auto const updated = python_time(game.updated);
    GameState state;
    state.session_id = game.session_id;
    state.game_id = game.game_id;
    state.metadata = {story.title(), game.version};
    state.should_continue = !has_ended(story, game);
    state.section_number = game.section;
    state.narrative.section_number = game.section;
    state.narrative.content = story.find(game.section)->content;
    state.narrative.timestamp = state.narrative.last_update = updated;
    state.rules = rules_of(story, game, updated);
    state.decision = decision_of(game);
    state.trace = trace_of(game);
    state.character = {hero.name,
                       {game.endurance, hero.chance, hero.skill},
                       {game.items, hero.capacity, game.gold}};
    return state;
}

}  // namespace apps::casys
