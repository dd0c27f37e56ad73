#pragma once

#include "apps/dungeonlab/dungeonlab.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace apps::dungeonlab {

/// The few facts that authorisation asks for on every room operation, in memory: which sessions
/// there are, who leads them and who plays a character in their campaigns. A mirror of the
/// database, changed after each commit that concerns it. Not thread-safe.
class Directory {
public:
    struct Session {
        std::string campaign;
        std::string game_master;
        std::string status;
    };

    void put_session(std::string const& id, Session session);
    void remove_session(std::string const& id) { sessions_.erase(id); }
    struct Character {
        std::string name;
        std::string campaign;
        std::string owner;
    };
    void put_character(std::string const& document, Character character);
    void remove_document(std::string const& document);

    std::optional<Session> session(std::string_view id) const;
    /// Nothing if the user may be in the session: administrators, its game master, and who owns a
    /// character in its campaign. Else the reason, in upstream's words.
    std::optional<std::string> objection(User const& user, std::string_view session) const;
    /// The game master or an administrator.
    bool leads(User const& user, std::string_view session) const;
    void put_campaign(std::string const& id, std::string const& game_master);
    bool leads_campaign(User const& user, std::string_view campaign) const;
    std::vector<std::string> sessions_of(std::string_view campaign) const;
    bool is_player(std::string_view user, std::string_view campaign) const;
    /// Has a character of that name there.
    bool plays(std::string_view user, std::string_view campaign, std::string_view name) const;
    /// Its game master and its players, each once.
    std::vector<std::string> members_of(std::string_view campaign) const;
    std::optional<Character> character(std::string_view document) const;

private:
    std::unordered_map<std::string, std::string> campaigns_;  // the game master of each
    std::unordered_map<std::string, Session> sessions_;
    std::unordered_map<std::string, Character> characters_;
    // The characters' documents of each player, by campaign: asked on every event.
    using Documents = std::unordered_set<std::string>;
    std::unordered_map<std::string, std::unordered_map<std::string, Documents>> players_;
};

}  // namespace apps::dungeonlab
