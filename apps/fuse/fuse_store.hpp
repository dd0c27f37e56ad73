#pragma once

#include "apps/auth/accounts.hpp"
#include "apps/fuse/fuse.hpp"
#include "apps/store/store_thread.hpp"

#include <optional>
#include <string>
#include <vector>

namespace apps::fuse {

/// The New Fuse's tables in the process's database; they must be there. `store` outlives this.
class FuseStore final : public Journal {
public:
    static constexpr int kept_messages = 1000;  ///< of one room; the oldest go
    static constexpr int listed_messages = 100;
    /// Of text, in one list; but one message is always listed.
    static constexpr std::size_t listed_message_bytes = 1024 * 1024;

    explicit FuseStore(store::StoreThread& store) : store_(store) {}

    /// Whether changes can be kept, and what happens when they are.
    store::StoreThread& thread() const { return store_; }

    /// Only before the store starts.
    State load() override;

    // Any thread that has the rules' lock.
    void room_made(std::string const& id, Room const& room) override;
    void joined(std::string const& room, std::string const& user) override;
    void left(std::string const& room, std::string const& user) override;
    void room_gone(std::string const& room) override;
    void said(Line const& line) override;
    void task(Task const& task) override;
    void task_gone(std::string const& task) override;

    /// The last ones of a room, oldest first; on a shard.
    common::Later<std::vector<Line>> messages(std::string const& room);

    /// Where auth::Accounts finds and keeps those of The New Fuse.
    static auth::AccountRules account_rules();
    /// ana, ben and gm with the password of the demo, once. Before the store starts.
    static void add_demo_people(store::Database& db, std::int64_t time);

private:
    store::StoreThread& store_;
};

}  // namespace apps::fuse
