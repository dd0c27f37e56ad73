#include "apps/dungeonlab/directory.hpp"

#include <algorithm>
#include <utility>

namespace apps::dungeonlab {

void Directory::put_session(std::string const& id, Session session) {
    sessions_[id] = std::move(session);
}

void Directory::put_character(std::string const& document, Character character) {
    remove_document(document);
    players_[character.campaign][character.owner].insert(document);
    characters_[document] = std::move(character);
}

void Directory::remove_document(std::string const& document) {
    auto const found = characters_.find(document);
    if (found == characters_.end()) {
        return;
    }
    auto const& [name, campaign, owner] = found->second;
    auto const players = players_.find(campaign);
    auto const own = players->second.find(owner);
    own->second.erase(document);
    if (own->second.empty()) {
        players->second.erase(own);
    }
    if (players->second.empty()) {
        players_.erase(players);
    }
    characters_.erase(found);
}

std::optional<Directory::Session> Directory::session(std::string_view id) const {
    auto const found = sessions_.find(std::string(id));
    return found == sessions_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Directory::objection(User const& user, std::string_view id) const {
    auto const found = sessions_.find(std::string(id));
    if (found == sessions_.end()) {
        return "Session not found";
    }
    auto const& session = found->second;
    if (session.status == "ended") {
        return "Access denied: the session has ended";
    }
    if (user.is_admin || session.game_master == user.id || is_player(user.id, session.campaign)) {
        return std::nullopt;
    }
    return "Access denied: not a participant in this session";
}

bool Directory::leads(User const& user, std::string_view id) const {
    auto const found = sessions_.find(std::string(id));
    return found != sessions_.end() && (user.is_admin || found->second.game_master == user.id);
}

void Directory::put_campaign(std::string const& id, std::string const& game_master) {
    campaigns_[id] = game_master;
}

bool Directory::leads_campaign(User const& user, std::string_view campaign) const {
    auto const found = campaigns_.find(std::string(campaign));
    return found != campaigns_.end() && (user.is_admin || found->second == user.id);
}

std::vector<std::string> Directory::sessions_of(std::string_view campaign) const {
    std::vector<std::string> list;
    for (auto const& [id, session] : sessions_) {
        if (session.campaign == campaign) {
            list.push_back(id);
        }
    }
    return list;
}

bool Directory::is_player(std::string_view user, std::string_view campaign) const {
    auto const found = players_.find(std::string(campaign));
    return found != players_.end() && found->second.contains(std::string(user));
}

bool Directory::plays(std::string_view user, std::string_view campaign,
                      std::string_view name) const {
    auto const players = players_.find(std::string(campaign));
    if (players == players_.end()) {
        return false;
    }
    auto const own = players->second.find(std::string(user));
    return own != players->second.end() && std::ranges::any_of(own->second, [&](auto const& id) {
               return characters_.at(id).name == name;
           });
}

std::vector<std::string> Directory::members_of(std::string_view campaign) const {
    std::vector<std::string> list;
    auto const led = campaigns_.find(std::string(campaign));
    if (led != campaigns_.end()) {
        list.push_back(led->second);
    }
    if (auto const found = players_.find(std::string(campaign)); found != players_.end()) {
        for (auto const& [player, characters] : found->second) {
            if (led == campaigns_.end() || player != led->second) {
                list.push_back(player);
            }
        }
    }
    return list;
}

std::optional<Directory::Character> Directory::character(std::string_view document) const {
    auto const found = characters_.find(std::string(document));
    return found == characters_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace apps::dungeonlab
