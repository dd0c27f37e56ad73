#pragma once

// What travels on CASYS's socket and in its REST answers, names as the document has them.

#include "socketio/json_codec.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace apps::casys {

struct ChoiceRequest {
    std::optional<std::string> game_id, choice_id, choice_text;
    std::optional<socketio::Json> metadata;
    SIO_JSON(ChoiceRequest, game_id, choice_id, choice_text, metadata)
};

/// client → server, flat: {"type": "choice", "choice": {…}}
struct ChoiceMessage {
    ChoiceRequest choice;
    SIO_JSON(ChoiceMessage, choice)
};

struct PingMessage {
    std::optional<socketio::Json> timestamp;  ///< no array or object
    SIO_JSON(PingMessage, timestamp)
};

struct PongMessage {
    socketio::Json timestamp;  ///< the ping's, or null
    SIO_JSON(PongMessage, timestamp)
};

struct ErrorFrame {
    std::string error;
    std::string status = "error";
    std::string type = "message_error";  ///< or "choice_error"
    SIO_JSON(ErrorFrame, error, status, type)
};

// --- the state: sent bare, without a type --------------------------------------------------------

// socketio::Json stands for what may be null: an absent std::optional would be left out.

struct StateChoice {
    std::string text, type;
    socketio::Json target_section;  ///< number or null
    std::vector<std::string> conditions;
    std::string dice_type = "none";
    std::map<std::string, int> dice_results;
    SIO_JSON(StateChoice, text, type, target_section, conditions, dice_type, dice_results)
};

struct Narrative {
    int section_number = 0;
    std::string content;  ///< HTML
    std::string source_type = "processed";
    std::nullptr_t error = nullptr;
    std::string timestamp, last_update;
    SIO_JSON(Narrative, section_number, content, source_type, error, timestamp, last_update)
};

struct Rules {
    int section_number = 0;
    std::string dice_type = "none";
    bool needs_dice = false;
    bool needs_user_response = false;
    socketio::Json next_action;  ///< text or null
    std::vector<std::string> conditions;
    std::vector<StateChoice> choices;
    std::string rules_summary;
    std::nullptr_t error = nullptr;
    std::string source = "story";
    std::string source_type = "processed";
    std::string last_update;
    SIO_JSON(Rules, section_number, dice_type, needs_dice, needs_user_response, next_action,
             conditions, choices, rules_summary, error, source, source_type, last_update)
};

struct Decision {
    int section_number = 0;
    int next_section = 0;
    std::string player_input;
    std::nullptr_t awaiting_action = nullptr;
    std::vector<std::string> conditions;
    std::nullptr_t error = nullptr;
    std::string timestamp;
    SIO_JSON(Decision, section_number, next_section, player_input, awaiting_action, conditions,
             error, timestamp)
};

struct TraceEntry {
    int section_number = 0;
    std::string player_input;
    int next_section = 0;
    socketio::Json dice;  ///< text or null
    std::string timestamp;
    SIO_JSON(TraceEntry, section_number, player_input, next_section, dice, timestamp)
};

struct Trace {
    std::string game_id, session_id;
    int section_number = 0;
    std::string start_time;
    std::vector<TraceEntry> history;
    SIO_JSON(Trace, game_id, session_id, section_number, start_time, history)
};

struct Stats {
    int endurance = 0, chance = 0, skill = 0;
    SIO_JSON(Stats, endurance, chance, skill)
};

struct Inventory {
    std::vector<std::string> items;
    int capacity = 0, gold = 0;
    SIO_JSON(Inventory, items, capacity, gold)
};

struct CharacterState {
    std::string name;
    Stats stats;
    Inventory inventory;
    SIO_JSON(CharacterState, name, stats, inventory)
};

struct Metadata {
    std::string title;
    std::int64_t version = 0;
    SIO_JSON(Metadata, title, version)
};

struct GameState {
    std::string session_id, game_id;
    Metadata metadata;
    bool should_continue = true;
    int section_number = 0;
    Narrative narrative;
    Rules rules;
    socketio::Json decision;  ///< Decision or null
    Trace trace;
    CharacterState character;
    std::nullptr_t error = nullptr;
    SIO_JSON(GameState, session_id, game_id, metadata, should_continue, section_number, narrative,
             rules, decision, trace, character, error)
};

// --- REST ----------------------------------------------------------------------------------------

struct InitializeRequest {
    std::optional<std::string> session_id, game_id, player_id;
    std::optional<int> section_number;
    std::optional<socketio::Json> settings;
    SIO_JSON(InitializeRequest, session_id, game_id, player_id, section_number, settings)
};

struct GameQuery {
    std::optional<std::string> game_id;
    SIO_JSON(GameQuery, game_id)
};

struct GameAnswer {
    bool success = true;
    std::string message, game_id;
    GameState state;
    SIO_JSON(GameAnswer, success, message, game_id, state)
};

struct SimpleAnswer {
    bool success = true;
    std::string message;
    SIO_JSON(SimpleAnswer, success, message)
};

struct HealthAnswer {
    std::string status = "ok", message, timestamp, version, type = "game";
    SIO_JSON(HealthAnswer, status, message, timestamp, version, type)
};

struct DiceAnswer {
    std::string dice_type;
    int result = 0;
    std::string status = "success";
    SIO_JSON(DiceAnswer, dice_type, result, status)
};

}  // namespace apps::casys
