#pragma once

#include "apps/dungeonlab/directory.hpp"
#include "apps/dungeonlab/records.hpp"
#include "apps/store/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Campaigns and their game sessions. All functions run on the store's thread.
namespace apps::dungeonlab::campaigns {

inline constexpr std::size_t max_sessions = 100;  ///< of one campaign, those that ended included
inline constexpr std::size_t max_session_name_bytes = 200;
/// Kept of one session, private ones included; the oldest go.
inline constexpr std::size_t max_lines = 1000;
/// Text and metadata that one answer of the history hands out; it holds fewer lines then.
inline constexpr std::size_t max_history_bytes = 1024 * 1024;

/// Those the user is game master, owner or, with a character, player of.
std::vector<CampaignRecord> of_user(store::Database& database, std::string_view user);
std::optional<CampaignRecord> find(store::Database& database, std::string_view id);
std::string add(store::Database& database, CampaignRecord const& campaign, std::int64_t now);

/// Sessions of the user's campaigns; `campaign` and `status` narrow them down.
std::vector<SessionRecord> sessions_of_user(store::Database& database, std::string_view user,
                                            std::optional<std::string> const& campaign,
                                            std::optional<std::string> const& status);
std::optional<SessionRecord> find_session(store::Database& database, std::string_view id);
/// A new session, and the one that made place for it in a campaign that has max_sessions: the
/// oldest that has ended, with what was said in it. No new one if none has ended.
struct Opening {
    std::optional<SessionRecord> made;
    std::optional<std::string> gone;
};
Opening add_session(store::Database& database, std::string const& campaign,
                    std::string const& game_master, std::string const& name,
                    std::string const& status, std::int64_t now);
void set_status(store::Database& database, std::string_view session, std::string_view status);

/// A session and the people who are present in it.
struct Seated {
    SessionRecord session;
    std::vector<std::string> participants;
};
/// Sessions as clients want them: with campaign, game master, people and characters. All together
/// have no more of characters than one alone (documents::max_found_bytes), each an equal part.
std::vector<socketio::Json> full_sessions(store::Database& database,
                                          std::vector<Seated> const& sessions);

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
/// The newest `limit` lines to the whole session, oldest first. Private ones are not among them.
socketio::Json history(store::Database& database, std::string_view session, int limit);

/// What authorisation has to know, for the start.
void load(store::Database& database, Directory& directory);

}  // namespace apps::dungeonlab::campaigns
