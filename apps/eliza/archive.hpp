#pragma once

#include "apps/eliza/budget.hpp"
#include "apps/store/database.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace apps::eliza {

/// What a participant takes, and a message beside its texts, as schema/005_sizes.sql counts.
inline constexpr std::size_t participant_bytes = 256;
inline constexpr std::size_t message_bytes = 512;

struct Participant {
    std::string id;
    std::string name;
};

/// What ElizaOS's world remembers, in the tables of schema/. Decides nothing: the rules (eliza.hpp)
/// do. Used where the database is, on the store's thread or in a test's.
class Archive {
public:
    explicit Archive(store::Database& database) : db_(database) {}

    void put(Server const& server);
    std::optional<Server> server(std::string const& id);
    std::vector<Server> servers(Budget budget);  ///< oldest first, as far as the budget goes
    std::size_t count_servers();
    void remove_server(std::string const& id);  ///< leaves leftovers

    /// Name and bio are those of the program; a stopped agent stays stopped.
    void know(AgentState const& agent);
    std::optional<AgentState> agent(std::string const& id);
    std::vector<AgentState> agents();  ///< by name
    void set_active(std::string const& agent, bool active, std::int64_t now);
    void add_to_server(std::string const& server, std::string const& agent);
    bool remove_from_server(std::string const& server, std::string const& agent);
    std::vector<std::string> agents_of_server(std::string const& server);
    std::vector<std::string> servers_of_agent(std::string const& agent);

    void put(Channel const& channel);
    std::optional<Channel> channel(std::string const& id);
    /// `participant`, if any: only of those that have it.
    std::vector<Channel> channels_of(std::string const& server,
                                     std::optional<std::string> const& participant,
                                     std::size_t limit, Budget budget);
    /// The channels spoken in or changed last, without their metadata.
    std::vector<Channel> latest_channels(std::optional<std::string> const& participant,
                                         std::size_t limit);
    /// The direct channel of exactly these two, if there is one.
    std::optional<Channel> dm_between(std::string const& a, std::string const& b);
    std::size_t count_channels();
    bool remove_channel(std::string const& id);  ///< leaves leftovers
    using InUse = std::function<bool(std::string const& id)>;
    /// Of the channels that are not in use: one where next to nothing was said, else any; of these
    /// the one that was silent for the longest time.
    std::optional<std::string> most_dispensable_channel(InUse const& in_use);
    /// The same of one maker's; if it passes over more than so many that are in use, the first of
    /// those.
    std::optional<std::string> most_dispensable_channel(std::string const& maker,
                                                        InUse const& in_use, std::size_t most_used);
    /// Who has made so many channels or more, the one with the most first.
    std::vector<std::string> makers_of_channels(std::size_t channels);

    bool add_participant(std::string const& channel, std::string const& entity);
    bool remove_participant(std::string const& channel, std::string const& entity);
    /// These and no others, in this order.
    void put_participants(std::string const& channel, std::vector<std::string> const& entities);
    bool is_participant(std::string const& channel, std::string const& entity);
    std::vector<std::string> participants(std::string const& channel);
    /// With their names, "" if unknown.
    std::vector<Participant> named_participants(std::string const& channel);

    /// Of a participant: its name goes with the last channel it takes part in.
    void name_entity(std::string const& id, std::string const& name);

    void put(Message const& message);
    std::optional<Message> message(std::string const& id);
    /// The message this author has sent to the channel under this id of its own.
    std::optional<Message> sent_before(std::string const& channel, std::string const& author,
                                       std::string const& client_id);
    /// The newest `limit` before `before` and after `after`, newest first, as far as the budget
    /// goes.
    std::vector<Message> page(std::string const& channel, std::size_t limit,
                              std::optional<std::int64_t> before, std::optional<std::int64_t> after,
                              Budget& budget);
    bool remove_message(std::string const& channel, std::string const& id);
    int clear(std::string const& channel);  ///< leaves leftovers
    /// When the latest of its messages was said, leftovers included; -1: never.
    std::int64_t last_said(std::string const& channel);
    /// Forgets all but the newest `keep` messages.
    void trim(std::string const& channel, std::size_t keep);
    /// Forgets that many of the oldest messages of the channel that takes the most bytes: of all,
    /// or if there are makers whose channels take `share` bytes or more, of the heaviest of these.
    /// False if there are none.
    bool shorten_heaviest(std::size_t messages, std::size_t share);

    /// What messages and participants take, leftovers included.
    std::size_t bytes();
    /// What was removed is out of sight at once and deleted here, about `rows` messages,
    /// participants and channels at a time. False if there was nothing.
    bool sweep(std::size_t rows);

private:
    std::string heaviest_channel(std::size_t share);
    int shorten(std::string const& channel, std::int64_t messages);

    store::Database& db_;
};

}  // namespace apps::eliza
