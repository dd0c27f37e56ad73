#pragma once

#include "apps/auth/accounts.hpp"
#include "apps/kaiku/model.hpp"
#include "apps/store/store_thread.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace apps::kaiku {

/// A page of a channel's messages.
struct Page {
    std::vector<Message> messages;  ///< newest first
    bool more = false;
};

struct Preferences {
    std::string text;  ///< a JSON object
    std::int64_t updated = 0;
};

/// Kaiku's tables in the process's database; they must be there. `store` outlives this.
class KaikuStore final : public Journal {
public:
    static constexpr int kept_messages = 10'000;  ///< of one channel; the oldest go

    explicit KaikuStore(store::StoreThread& store) : store_(store) {}

    /// Whether changes can be kept, and what happens when they are.
    store::StoreThread& thread() const { return store_; }

    /// Only before the store starts.
    State load();

    // Any thread that has the rules' lock.
    void status(std::string const& user, std::string const& status) override;
    void guild(Guild const& guild) override;
    void member(Member const& member) override;
    void invite(Invite const& invite) override;
    void invite_gone(std::string const& code) override;
    void channel(Channel const& channel) override;
    void friendship(Friendship const& friendship) override;
    void friendship_gone(std::string const& id) override;
    void said(Message const& message) override;

    // On a shard.

    common::Later<std::optional<Message>> message(std::string const& id);
    /// False: it is gone. `announce()`, if not, as below.
    common::Later<bool> edit(Message const& message, std::function<void()> announce);
    common::Later<bool> remove(std::string const& message, std::function<void()> announce);
    /// Those before the message `before`, or the last ones if it is "".
    common::Later<Page> history(std::string const& channel, std::string const& before, int limit);
    common::Later<Preferences> preferences(std::string const& user);
    /// `announce(kept)` runs on the database's thread, in the order of the changes.
    common::Later<Preferences> set_preferences(std::string const& user, std::string const& text,
                                               std::int64_t now,
                                               std::function<void(Preferences const&)> announce);

    /// Where auth::Accounts finds and keeps those of Kaiku; `token_lifetime` is told to clients.
    static auth::AccountRules account_rules(std::chrono::seconds token_lifetime);
    /// The people, the guild and the friendship of the demo, once. Before the store starts.
    static void add_demo_data(store::Database& db, std::int64_t time);

private:
    store::StoreThread& store_;
};

}  // namespace apps::kaiku
