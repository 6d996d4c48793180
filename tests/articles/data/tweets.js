window.YTD.tweets.part0 = [
  {
    "tweet": {
      "id": "1",
      "full_text": "Lorries will pay 24 euros instead of 12 to cross the Haldane bridge from the first of July, the county assembly decided on Tuesday. https://t.co/abc",
      "created_at": "Tue Jun 10 07:00:00 +0000 2025",
      "lang": "en",
      "entities": {
        "urls": []
      }
    }
  },
  {
    "tweet": {
      "id": "2",
      "full_text": "The assembly approved the new toll by 31 votes to 22 after a long debate about the cost of the repairs to the bearings.",
      "created_at": "Tue Jun 10 08:00:00 +0000 2025"
    }
  }
]