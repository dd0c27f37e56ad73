#pragma once

#include "apps/dungeonlab/directory.hpp"
#include "apps/dungeonlab/records.hpp"
#include "apps/store/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Campaigns and their game sessions. All functions run on the store's thread.
namespace apps::dungeonlab::campaigns {

/// Those the user is game master, owner or, with a character, player of.
std::vector<CampaignRecord> of_user(store::Database& database, std::string_view user);
std::optional<CampaignRecord> find(store::Database& database, std::string_view id);
std::string add(store::Database& database, CampaignRecord const& campaign, std::int64_t now);

/// Sessions of the user's campaigns; `campaign` and `status` narrow them down.
std::vector<SessionRecord> sessions_of_user(store::Database& database, std::string_view user,
                                            std::optional<std::string> const& campaign,
                                            std::optional<std::string> const& status);
std::optional<SessionRecord> find_session(store::Database& database, std::string_view id);
SessionRecord add_session(store::Database& database, std::string const& campaign,
                          std::string const& game_master, std::string const& name,
                          std::string const& status, std::int64_t now);
void set_status(store::Database& database, std::string_view session, std::string_view status);

/// The session as clients want it: with its campaign, game master, characters and the given
/// people, who are those present.
socketio::Json full_session(store::Database& database, SessionRecord const& session,
                            std::vector<std::string> const& participants);

/// A line that was said, for the history.
struct Line {
    std::string session;
    std::string sender;
    std::string recipient_type;
    std::string recipient;
    std::string text;
    std::string metadata;  ///< JSON
    std::int64_t sent_at = 0;
};
void add_line(store::Database& database, Line const& line);
/// Text and metadata that one answer of the history hands out; it holds fewer lines then.
inline constexpr std::size_t max_history_bytes = 1024 * 1024;
/// The newest `limit` lines to the whole session, oldest first. Private ones are not among them.
socketio::Json history(store::Database& database, std::string_view session, int limit);

/// What authorisation has to know, for the start.
void load(store::Database& database, Directory& directory);

}  // namespace apps::dungeonlab::campaigns
